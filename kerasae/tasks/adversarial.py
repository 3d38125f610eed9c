"""The task of an adversarial model: a generator with its discriminator."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from kerasae.exporting import export_generator
from kerasae.files.writing import write_json
from kerasae.generation import (
    SamplingOptions,
    generator_sampler,
    load_or_train_judge,
    write_generated,
    write_generator_report,
)
from kerasae.generation.interpolation import interpolate_classes
from kerasae.models import AdversarialModel, load_generator
from kerasae.models.summary import parameter_counts
from kerasae.tasks.base import Task
from kerasae.tasks.joint_evaluation import training_seconds
from kerasae.training import adversarial, distribution
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kerasae.data.collection import Collection
    from kerasae.generation import Sampler
    from kerasae.generation.interpolation import Endpoint, Interpolation
    from kerasae.recipe import Recipe
    from kerasae.runs.folder import RunFolder
    from kerasae.training.phase_plan import TrainingPlan


class AdversarialTask(Task[AdversarialModel]):
    """The task of an `AdversarialModel`, which is evaluated by a judge of its samples."""

    predicts = False
    needs_images = True

    def check(self, recipe: Recipe) -> None:
        """Refuse unknown names and options of the parts and the phases, and a backend that cannot train."""
        adversarial.check(recipe)

    def precision(self, recipe: Recipe) -> str:
        """Return the precision of the recipe, but never float16: adversarial losses are not scaled."""
        precision = distribution.precision(recipe.precision)
        return "float32" if precision == "mixed_float16" else precision

    def plan(self, recipe: Recipe, collection: Collection) -> TrainingPlan:
        """Return the plan of a training."""
        return adversarial.plan_training(recipe, collection)

    def build(self, recipe: Recipe, collection: Collection, precision: str = "float32") -> AdversarialModel:
        """Return the untrained model."""
        return adversarial.build_model(recipe, collection, precision)

    def fit(
        self, run: RunFolder, recipe: Recipe, collection: Collection, plan: TrainingPlan | None = None
    ) -> AdversarialModel:
        """Train a run."""
        return adversarial.fit(run, recipe, collection, None if plan is None else plan.phases)

    def load(self, run: RunFolder, *, needs_rejection: bool = True) -> AdversarialModel:
        """Load the trained model of a run."""
        return load_generator(run)

    def evaluate(self, run: RunFolder, model: AdversarialModel, collection: Collection) -> dict[str, Any]:
        """Judge samples of the model into RUN/generated, and write metrics.json.

        Returns:
            What metrics.json holds: the content of generated.json under `generated`, and `model` and `timings` as of
            other runs.
        """
        started = time.perf_counter()
        options = SamplingOptions(tuple(range(len(collection.class_names))) if model.num_classes else ())
        judge = load_or_train_judge(run, collection)
        result = write_generated(run, collection, [generator_sampler(model)], options, judge)
        metrics = {
            "generated": result.to_json(),
            "model": parameter_counts(model, adversarial.PARTS),
            "timings": {
                "training_seconds": training_seconds(run),
                "evaluation_seconds": time.perf_counter() - started,
            },
        }
        write_json(run.metrics, metrics)
        return metrics

    def report(self, run: RunFolder, model: AdversarialModel, collection: Collection | None) -> Path:
        """Write the report of a run."""
        assert collection is not None
        return write_generator_report(run, collection)

    def export(
        self, run: RunFolder, model: AdversarialModel, collection: Collection | None, to: Path | None = None
    ) -> Path:
        """Write the SavedModel of a generator."""
        assert collection is not None
        return export_generator(run, model, collection, to)

    def check_generation(self, run: RunFolder, classes: Sequence[str], ends: tuple[Endpoint, Endpoint] | None) -> None:
        """Refuse classes for a generator without classes, and an interpolation that begins or ends at an image."""
        recipe = run.recipe.model.adversarial
        assert recipe is not None
        has_classes = recipe.name != "gan"
        if classes and not has_classes:
            raise RequestError(
                "--class",
                expected=f"none, since the generator of {run.path} takes noise alone",
                received=f"{', '.join(classes)}",
                fix="train a recipe with model.adversarial = 'acgan'",
            )
        if ends is not None and (not has_classes or any(end.label is None for end in ends)):
            reason = "has no encoder" if has_classes else "takes noise alone"
            raise RequestError(
                "--between",
                expected="two classes, and a generator that takes them",
                received=f"{ends[0].name} and {ends[1].name}, while that of {run.path} {reason}",
            )

    def samplers(
        self,
        model: AdversarialModel,
        collection: Collection,
        options: SamplingOptions,
        *,
        by_class: bool,
        ends: tuple[Endpoint, Endpoint] | None = None,
    ) -> tuple[list[Sampler], Interpolation | None]:
        """Return the generator, and an interpolation between classes."""
        interpolation = None
        if ends is not None:
            labels = (ends[0].label or 0, ends[1].label or 0)
            interpolation = interpolate_classes(model, labels, collection.class_names, options.noise, options.seed)
        return [generator_sampler(model)], interpolation
