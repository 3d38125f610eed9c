"""What a task does: check, build, fit, load, evaluate, report, export and sample one kind of model."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import keras

    from kerasae.data.collection import Collection
    from kerasae.generation import Sampler, SamplingOptions
    from kerasae.generation.interpolation import Endpoint, Interpolation
    from kerasae.ood import OodMeasurement
    from kerasae.recipe import Recipe
    from kerasae.runs.folder import RunFolder
    from kerasae.training.phase_plan import TrainingPlan

Model = TypeVar("Model")


class Task(abc.ABC, Generic[Model]):
    """The work of a run for one kind of model. A task has no state.

    Attributes:
        predicts: whether the model predicts labels or reconstructions of images, so that it can be compared, searched
            and explored.
        needs_images: whether a report and an export need the images of the run.
    """

    predicts: ClassVar[bool]
    needs_images: ClassVar[bool]

    @abc.abstractmethod
    def check(self, recipe: Recipe) -> None:
        """Refuse names, options and combinations that do not exist, before any data is read.

        Raises:
            RequestError: the first one.
        """

    @abc.abstractmethod
    def precision(self, recipe: Recipe) -> str:
        """Return the Keras dtype policy that a recipe is trained in on this machine."""

    @abc.abstractmethod
    def plan(self, recipe: Recipe, collection: Collection) -> TrainingPlan:
        """Return the plan of a training; refuse images that the recipe cannot be trained on.

        Raises:
            RequestError: the images, the batches or the parts of other runs do not fit.
        """

    @abc.abstractmethod
    def build(self, recipe: Recipe, collection: Collection, precision: str = "float32") -> keras.Model:
        """Return the untrained model, its initial weights set by the seed of the recipe."""

    @abc.abstractmethod
    def fit(self, run: RunFolder, recipe: Recipe, collection: Collection, plan: TrainingPlan | None = None) -> Model:
        """Train a run or resume its training, and write its model.

        Raises:
            RequestError: the model cannot be built for these images or devices.
            DivergedError: a loss is no longer finite.
        """

    @abc.abstractmethod
    def load(self, run: RunFolder, *, needs_rejection: bool = True) -> Model:
        """Load the trained model of a run.

        Args:
            run: a finished run.
            needs_rejection: whether a rejection that the run says it has must be there.

        Raises:
            RequestError: the model is of another kind, a plugin is not trusted, or a file is missing, changed or
                damaged.
        """

    def follow_up(self, run: RunFolder, recipe: Recipe, model: Model, collection: Collection) -> Model:
        """Do what follows a training before the model is evaluated, and return the model; by default nothing."""
        return model

    def measure_ood(self, run: RunFolder, model: Model, collection: Collection) -> dict[str, OodMeasurement]:
        """Measure the model on the OOD data that the recipe names; the measurements by name; by default none."""
        return {}

    @abc.abstractmethod
    def evaluate(self, run: RunFolder, model: Model, collection: Collection) -> dict[str, Any]:
        """Evaluate the model, write metrics.json, and return what it holds."""

    @abc.abstractmethod
    def report(self, run: RunFolder, model: Model, collection: Collection | None) -> Path:
        """Write the figures and report.html of an evaluated run, and return the path of the page."""

    @abc.abstractmethod
    def export(self, run: RunFolder, model: Model, collection: Collection | None, to: Path | None = None) -> Path:
        """Write the SavedModel of a run to `to` or to its own folder, and return the path.

        Raises:
            ExportError: a fresh process could not load it or disagreed.
        """

    @abc.abstractmethod
    def check_generation(self, run: RunFolder, classes: Sequence[str], ends: tuple[Endpoint, Endpoint] | None) -> None:
        """Refuse images that the model of a run cannot generate, before it is loaded.

        Args:
            run: a finished run.
            classes: the classes that are asked for; empty for all.
            ends: the ends of an interpolation, if one is asked for.

        Raises:
            RequestError: the model cannot generate these.
        """

    @abc.abstractmethod
    def samplers(
        self,
        model: Model,
        collection: Collection,
        options: SamplingOptions,
        *,
        by_class: bool,
        ends: tuple[Endpoint, Endpoint] | None = None,
    ) -> tuple[list[Sampler], Interpolation | None]:
        """Return the ways in which a model generates images, and an interpolation.

        Args:
            model: as `load` returns it.
            collection: the images of the run.
            options: what to generate.
            by_class: whether to leave out methods that do not know classes.
            ends: the ends of the interpolation; None for none.

        Raises:
            RequestError: there are too few images of a class.
        """
