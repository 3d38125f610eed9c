"""Training of the adversarial model."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from kerasae.data.images import spread
from kerasae.data.learned_images import facts_of
from kerasae.models import AdversarialModel, build_adversarial, check_adversarial
from kerasae.models.adversarial import check_backend
from kerasae.training import distribution, loop
from kerasae.training import phase_plan as phases
from kerasae.training.adversarial_data import adversarial_dataset
from kerasae.training.batches import adversarial_stages
from kerasae.training.callbacks import CollapseWarning, SampleGrid, StopOnNaN
from kerasae.training.generator_samples import diversity, fixed_noise
from kerasae.training.phase_plan import OptimizerPlan, PhasePlan, TrainingPlan, plan_optimizer
from kerasae.utils.console import stderr_console
from kerasae.utils.errors import RequestError
from kerasae.utils.pixels import scale_images

if TYPE_CHECKING:
    from collections.abc import Sequence

    import tensorflow as tf

    from kerasae.data.collection import Collection
    from kerasae.recipe import Phase, Recipe
    from kerasae.runs.folder import RunFolder
    from kerasae.training.batches import BatchSizeStage

GRID_COLUMNS = 10  # samples of each class in a grid
NUM_MONITORED = 20  # samples of each class whose diversity is measured
MOST_CLASSES = 20
MOST_REAL = 2_000
PARTS = ("generator", "discriminator")
LOSSES = tuple(f"{part}_loss" for part in PARTS)


def check(recipe: Recipe) -> None:
    """Refuse names and options that do not exist, and a backend that cannot train, before data is read.

    Raises:
        RequestError: one line that begins with the key in the recipe.
    """
    assert recipe.model.adversarial is not None
    check_backend()
    check_adversarial(recipe.model.adversarial)
    for index, phase in enumerate(recipe.phases):
        key = f"phases.{index}"
        phases.check(phase, key)
        for plan in plan_optimizers(phase, key, [1] * phase.epochs, [1] * phase.epochs):
            if plan.schedule.callbacks:
                raise RequestError(
                    f"recipe: {key}.schedule",
                    expected=(
                        "constant, step or cosine beside model.adversarial, where no loss says how far training is"
                    ),
                    received=f"{phase.schedule.name!r}",
                )


def build_model(recipe: Recipe, collection: Collection, precision: str) -> AdversarialModel:
    """Return the untrained model of a recipe for these images, its initial weights set by the seed of the recipe."""
    keras.utils.set_random_seed(recipe.seed)
    return build_adversarial(recipe.model, collection.image_shape, len(collection.class_names), precision)


def plan_phases(recipe: Recipe, collection: Collection) -> list[PhasePlan]:
    """Return the plan of each phase.

    Raises:
        RequestError: a name or an option does not exist, or the batches do not fit the images or the devices.
    """
    plans = []
    for index, phase in enumerate(recipe.phases):
        stages = adversarial_stages(recipe, index, collection.train)
        steps = [(stage.order.steps, stage.discriminator_steps) for stage in stages for _ in stage.epochs]
        optimizers = plan_optimizers(
            phase, f"phases.{index}", [count for count, _ in steps], [count * turns for count, turns in steps]
        )
        plans.append(PhasePlan.of(recipe, index, stages, optimizers))
    return plans


def plan_optimizers(
    phase: Phase, key: str, generator_steps: Sequence[int], discriminator_steps: Sequence[int]
) -> list[OptimizerPlan]:
    """Return the plans of the optimizers of generator and discriminator; see `plan_optimizer`."""
    of_discriminator = phase.discriminator.optimizer if phase.discriminator is not None else None
    return [
        plan_optimizer(phase, key, generator_steps),
        plan_optimizer(phase, key, discriminator_steps, of_discriminator, "discriminator.optimizer"),
    ]


def plan_training(recipe: Recipe, collection: Collection) -> TrainingPlan:
    """Return the plan of a training; refuse images and batches that do not fit the recipe, before a run is created.

    Raises:
        RequestError: what `fit` would raise.
    """
    build_model(recipe, collection, "float32")
    return TrainingPlan(plan_phases(recipe, collection), facts_of(recipe, collection))


def fit(
    run: RunFolder, recipe: Recipe, collection: Collection, plans: Sequence[PhasePlan] | None = None
) -> AdversarialModel:
    """Train all phases of a recipe, write `model.keras`, and return the trained model in float32.

    The last epoch's weights are kept, because no loss tells which epoch is best. Resumes from the run's last checkpoint
    if there is one; the result is the same as without the interruption.

    Args:
        run: where files are written.
        recipe: the resolved recipe.
        collection: the images.
        plans: of the phases, if they are built already.

    Raises:
        RequestError: the model cannot be built for these images or devices, or the backend is not TensorFlow.
        DivergedError: a loss is no longer finite.
    """
    plans = plans or plan_phases(recipe, collection)
    return loop.train_and_save(run, recipe, AdversarialTraining(recipe, collection), plans)


class AdversarialTraining(loop.ModelTraining[AdversarialModel]):
    """Training of an `AdversarialModel`.

    Args:
        recipe: the resolved recipe.
        collection: the images.
    """

    def __init__(self, recipe: Recipe, collection: Collection) -> None:
        self.recipe, self.collection = recipe, collection

    def build(self, precision: str) -> AdversarialModel:
        """Return the untrained model."""
        return build_model(self.recipe, self.collection, precision)

    def variables(self, model: AdversarialModel) -> list[Any]:
        """Return the weights and the dropout seeds of both parts, without the metrics that the model itself has."""
        return [*model.generator.variables, *model.discriminator.variables]

    def trained_parts(self, phase: Phase) -> Sequence[str]:
        """Return the names of both parts."""
        return PARTS

    def compile(self, run: RunFolder, model: AdversarialModel, plan: PhasePlan) -> AdversarialPhase:
        """Compile the model with an optimizer for each part."""
        optimizers = [optimizer.build() for optimizer in plan.optimizers]
        model.compile(*optimizers, jit_compile=distribution.jit_compile(self.recipe.jit_compile))
        state = [*self.variables(model), *(variable for optimizer in optimizers for variable in optimizer.variables)]
        return AdversarialPhase(run, self.recipe, self.collection, plan, model, state)

    def copy_weights(self, model: AdversarialModel, to: AdversarialModel) -> None:
        """Copy the weights of both parts."""
        for part in PARTS:
            getattr(to, part).set_weights(getattr(model, part).get_weights())


class AdversarialPhase(loop.CompiledPhase):
    """An adversarial model that is compiled for a phase.

    Args:
        run: the run.
        recipe: its recipe.
        collection: the images.
        plan: of the phase.
        model: the compiled model.
        state: the variables that a checkpoint holds.
    """

    log_name = "adversarial"

    def __init__(
        self,
        run: RunFolder,
        recipe: Recipe,
        collection: Collection,
        plan: PhasePlan,
        model: AdversarialModel,
        state: Sequence[Any],
    ) -> None:
        self.recipe, self.collection, self.plan = recipe, collection, plan
        self.model, self.state = model, state
        noise = functools.partial(
            fixed_noise, recipe.seed, model.noise_dim, model.num_classes, most_classes=MOST_CLASSES
        )
        real = _real_diversity(collection, model.num_classes)
        self._collapse = CollapseWarning(*noise(NUM_MONITORED), real, stderr_console())
        self._grid = SampleGrid(run.samples, _grid_epochs(recipe), plan.first_epoch, *noise(GRID_COLUMNS), GRID_COLUMNS)

    def dataset(self, stage: BatchSizeStage, epochs: range) -> tf.data.Dataset:
        """Return real images and noise."""
        return adversarial_dataset(
            self.collection,
            stage,
            self.plan.transforms,
            epochs=epochs,
            noise_dim=self.model.noise_dim,
            num_classes=self.model.num_classes,
            engine=self.recipe.data.augment_engine,
        )

    def callbacks_before_history(self, stage: BatchSizeStage) -> list[keras.callbacks.Callback]:
        """Return the callback that logs the diversity of samples."""
        return [self._collapse]

    def callbacks_after_history(self, stage: BatchSizeStage) -> list[keras.callbacks.Callback]:
        """Return the callbacks that stop a diverged training and write sample grids."""
        return [StopOnNaN(self.plan.phase.name, LOSSES), self._grid]


def _grid_epochs(recipe: Recipe) -> list[int]:
    """Return the epochs, counted from 1, after which a sample grid is written: the first, every few, and the last."""
    assert recipe.model.adversarial is not None
    total, every = sum(phase.epochs for phase in recipe.phases), recipe.model.adversarial.sheet_every
    return sorted({1, total, *range(every, total, every)})


def _real_diversity(collection: Collection, num_classes: int) -> float:
    """Return the diversity of training images, within classes where the model has them."""
    train = collection.train
    chosen = spread(len(train), MOST_REAL)
    labels = train.labels[chosen] if num_classes else np.zeros(len(chosen), np.int64)
    labelled = labels >= 0
    images = train.load(chosen[labelled])
    return diversity(scale_images(images.reshape(len(images), -1)), labels[labelled]) or 1.0
