"""The task of a joint model: an encoder with a decoder, a classifier or both."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasae import models
from kerasae.data.variants import variant_transforms
from kerasae.exporting import export
from kerasae.files.manifest import forget
from kerasae.generation import TrainingLatents, autoencoder_samplers
from kerasae.generation.interpolation import interpolate_latents
from kerasae.models import JointAutoencoder, TrainedModel
from kerasae.ood import OodMeasurement, write_unknown_class_reports
from kerasae.report import write_report
from kerasae.runs.folder import RunFolder
from kerasae.tasks.base import Task
from kerasae.tasks.joint_evaluation import evaluate
from kerasae.training import distribution, loss_weights, rejection
from kerasae.training.joint import build_model, fit, plan_training
from kerasae.training.phase_plan import check as check_phase
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.data.collection import Collection
    from kerasae.generation import Sampler, SamplingOptions
    from kerasae.generation.interpolation import Endpoint, Interpolation
    from kerasae.recipe import Recipe
    from kerasae.training.phase_plan import TrainingPlan


class JointTask(Task[TrainedModel]):
    """The task of a `JointAutoencoder`."""

    predicts = True
    needs_images = False

    def check(self, recipe: Recipe) -> None:
        """Refuse unknown names and options of the model, the evaluation, the phases and their losses."""
        models.check(recipe.model)
        variant_transforms(recipe.evaluation)
        loss_weights.check(recipe)
        for index, phase in enumerate(recipe.phases):
            check_phase(phase, f"phases.{index}", recipe.model.variational is not None)
            for folder in phase.start_from.values():
                RunFolder.open(Path(folder).expanduser())

    def precision(self, recipe: Recipe) -> str:
        """Return the precision of the recipe, or what the device multiplies fast."""
        return distribution.precision(recipe.precision)

    def plan(self, recipe: Recipe, collection: Collection) -> TrainingPlan:
        """Return the plan of a training, after a check of the rejection too."""
        plan = plan_training(recipe, collection)
        rejection.check(recipe, collection)
        return plan

    def build(self, recipe: Recipe, collection: Collection, precision: str = "float32") -> JointAutoencoder:
        """Return the untrained model."""
        return build_model(recipe, collection, precision)

    def fit(
        self, run: RunFolder, recipe: Recipe, collection: Collection, plan: TrainingPlan | None = None
    ) -> TrainedModel:
        """Train a run."""
        return TrainedModel(fit(run, recipe, collection, None if plan is None else plan.phases))

    def load(self, run: RunFolder, *, needs_rejection: bool = True) -> TrainedModel:
        """Load the trained model of a run, with its rejection."""
        return models.load_trained(run, needs_rejection=needs_rejection)

    def follow_up(self, run: RunFolder, recipe: Recipe, model: TrainedModel, collection: Collection) -> TrainedModel:
        """Fit the rejection of a model that has none."""
        if model.rejection is None:
            if rejection.fits(recipe, collection):  # what was measured and exported without it is out of date
                run.saved_model.unlink(missing_ok=True)
                for file in (run.metrics, run.report):
                    file.unlink(missing_ok=True)
                    forget(file)
            return rejection.with_rejection(run, recipe, model.model, collection)
        return model

    def measure_ood(self, run: RunFolder, model: TrainedModel, collection: Collection) -> dict[str, OodMeasurement]:
        """Measure the model on the classes that the recipe leaves out."""
        return write_unknown_class_reports(run, model, collection)

    def evaluate(self, run: RunFolder, model: TrainedModel, collection: Collection) -> dict[str, Any]:
        """Evaluate the model on the test images."""
        return evaluate(run, model, collection)

    def report(self, run: RunFolder, model: TrainedModel, collection: Collection | None) -> Path:
        """Write the report of a run."""
        return write_report(run, model.model, collection)

    def export(
        self, run: RunFolder, model: TrainedModel, collection: Collection | None, to: Path | None = None
    ) -> Path:
        """Write the SavedModel of a run."""
        return export(run, model, collection, to)

    def check_generation(self, run: RunFolder, classes: Sequence[str], ends: tuple[Endpoint, Endpoint] | None) -> None:
        """Refuse a model without decoder."""
        if "reconstruction" not in run.recipe.heads:
            raise RequestError(
                "generate",
                expected="a run whose model has a decoder, which makes images of latents",
                received=f"{run.path}, which classifies alone",
                fix="train a recipe with a reconstruction, such as joint or autoencoder",
            )

    def samplers(
        self,
        model: TrainedModel,
        collection: Collection,
        options: SamplingOptions,
        *,
        by_class: bool,
        ends: tuple[Endpoint, Endpoint] | None = None,
    ) -> tuple[list[Sampler], Interpolation | None]:
        """Return the samplers of the latent space, and an interpolation between latents."""
        latents = TrainingLatents.encode(model.model, collection.train)
        samplers = autoencoder_samplers(latents, collection.class_names, options.classes)
        num_classes = len(collection.class_names)
        interpolation = (
            None if ends is None else interpolate_latents(latents, ends, num_classes, options.noise, options.seed)
        )
        return [sampler for sampler in samplers if sampler.is_conditional or not by_class], interpolation
