"""Training of the joint model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

from kerasae.data.learned_images import check_unseen, facts_of, keep_learned
from kerasae.models import JointAutoencoder, build, deviation, with_heads
from kerasae.models.build import dtype_policy, whiten
from kerasae.recipe import PARTS
from kerasae.runs.origins import check_start
from kerasae.training import distribution, loop, loss_weights
from kerasae.training.batches import batch_size_stages
from kerasae.training.compiling import losses, metrics, pseudo_labels
from kerasae.training.joint_phase import JointPhase
from kerasae.training.memory import check_memory
from kerasae.training.moving_statistics import restart
from kerasae.training.phase_plan import PhasePlan, TrainingPlan, plan_optimizer
from kerasae.training.start_from import start_from
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kerasae.data.collection import Collection
    from kerasae.recipe import Part, Phase, Recipe
    from kerasae.runs.folder import RunFolder


def build_model(recipe: Recipe, collection: Collection, precision: str) -> JointAutoencoder:
    """Return the untrained model of a recipe for these images, its initial weights set by the seed of the recipe."""
    keras.utils.set_random_seed(recipe.seed)
    statistics = collection.channel_statistics if recipe.model.standardize != "none" else None
    model = build(
        recipe.model, collection.image_shape, len(collection.class_names), recipe.heads, statistics, precision
    )
    if recipe.model.standardize == "whitening":
        whiten(model.encoder, collection.examples)
    return model


def plan_phases(recipe: Recipe, collection: Collection) -> list[PhasePlan]:
    """Return the plan of each phase.

    Raises:
        RequestError: a name or an option does not exist, or the batches do not fit the images or the devices.
    """
    plans = []
    for index, phase in enumerate(recipe.phases):
        stages = batch_size_stages(recipe, index, collection)
        optimizer = plan_optimizer(
            phase, f"phases.{index}", [stage.order.steps for stage in stages for _ in stage.epochs]
        )
        weights = loss_weights.schedules(recipe, index, collection.image_shape)
        plans.append(PhasePlan.of(recipe, index, stages, [optimizer], weights))
    return plans


def check_fit(recipe: Recipe, collection: Collection) -> JointAutoencoder:
    """Refuse images, batches and saved parts that do not fit the recipe, before a run is created.

    Returns:
        The model that training starts with, in float32.

    Raises:
        RequestError: what `fit` would raise, except for what shows only in training.
    """
    model, _ = _check_and_plan(recipe, collection)
    return model


def plan_training(recipe: Recipe, collection: Collection) -> TrainingPlan:
    """Return the plan of a training, after the checks of `check_fit`, and with its errors."""
    _, plan = _check_and_plan(recipe, collection)
    return plan


def _check_and_plan(recipe: Recipe, collection: Collection) -> tuple[JointAutoencoder, TrainingPlan]:
    model = build_model(recipe, collection, "float32")
    phases = plan_phases(recipe, collection)
    for plan in phases:
        largest = max(stage.order.batch_size for stage in plan.stages)
        check_memory(model, largest, distribution.precision(recipe.precision), f"phases.{plan.index}.batch_size")
        _check_trains(model, plan.phase, f"phases.{plan.index}")
        start_from(model, recipe, plan.index)
    facts = facts_of(recipe, collection)
    check_unseen(recipe, collection, facts)
    return model, TrainingPlan(phases, facts)


def fit(
    run: RunFolder, recipe: Recipe, collection: Collection, plans: Sequence[PhasePlan] | None = None
) -> JointAutoencoder:
    """Train all phases of a recipe, write `model.keras`, and return the trained model in float32.

    Resumes from the run's last checkpoint if there is one; the result is the same as without the interruption.

    Args:
        run: where files are written.
        recipe: the resolved recipe.
        collection: the images.
        plans: of the phases, if they are built already.

    Raises:
        RequestError: the model cannot be built for these images or devices.
        DivergedError: the loss is no longer finite.
    """
    keep_learned(run, recipe, collection)
    plans = plans or plan_phases(recipe, collection)
    return loop.train_and_save(run, recipe, JointTraining(recipe, collection), plans)


def train_phases(
    run: RunFolder,
    recipe: Recipe,
    collection: Collection,
    *,
    watching: Callable[[], Sequence[keras.callbacks.Callback]] = tuple,
    macro_f1: bool = False,
) -> JointAutoencoder:
    """Train all phases of a recipe with checkpoints but without `model.keras`, and return the model as it was trained.

    Args:
        run: where history and checkpoints are written.
        recipe: the resolved recipe.
        collection: the images.
        watching: returns further callbacks, see `kerasae.training.loop.train_phases`.
        macro_f1: whether to log macro-F1 beside accuracy.

    Raises:
        RequestError: the model cannot be built for these images or devices.
        DivergedError: the loss is no longer finite.
    """
    training = JointTraining(recipe, collection, macro_f1=macro_f1)
    return loop.train_phases(run, recipe, training, plan_phases(recipe, collection), watching)


class JointTraining(loop.ModelTraining[JointAutoencoder]):
    """Training of a `JointAutoencoder`.

    Args:
        recipe: the resolved recipe.
        collection: the images.
        macro_f1: whether to log macro-F1 beside accuracy.
    """

    def __init__(self, recipe: Recipe, collection: Collection, *, macro_f1: bool = False) -> None:
        self.recipe, self.collection, self.macro_f1 = recipe, collection, macro_f1

    def build(self, precision: str) -> JointAutoencoder:
        """Return the untrained model."""
        return build_model(self.recipe, self.collection, precision)

    def variables(self, model: JointAutoencoder) -> list[Any]:
        """Return the variables of the model."""
        return list(model.variables)

    def trained_parts(self, phase: Phase) -> Sequence[str]:
        """Return the parts that learn."""
        return phase.learns

    def check_start(self, run: RunFolder, phases: Sequence[Phase]) -> None:
        """Refuse phases that start from a run which has changed since this run began."""
        for phase in phases:
            check_start(run, phase.start_from.values())

    def start_phase(self, run: RunFolder, model: JointAutoencoder, plan: PhasePlan) -> None:
        """Load the parts that the phase starts from, and restart moving averages."""
        check_start(run, plan.phase.start_from.values())
        start_from(model, self.recipe, plan.index)
        restart(model)

    def compile(self, run: RunFolder, model: JointAutoencoder, plan: PhasePlan) -> JointPhase:
        """Compile the model with the heads and the parts of the phase."""
        phase, recipe = plan.phase, self.recipe
        freeze_all_but(model, phase.learns)
        with dtype_policy(model.dtype_policy):
            compiled = with_heads(model, phase.heads, "uncertainty" if phase.balance == "uncertainty" else None)
        compiled.compile(
            optimizer=plan.optimizers[0].build(),
            loss=losses(recipe.loss, phase.heads, deviation(compiled), self.collection.class_weights),
            # Variables, so that they change between epochs without compiling again.
            loss_weights={
                term: keras.Variable(weight(0), trainable=False, name=term)
                for term, weight in plan.loss_weights.items()
            },
            metrics=metrics(phase.heads, len(self.collection.class_names)) if self.macro_f1 else None,
            error_focus=phase.error_focus,
            pseudo_labels=pseudo_labels(phase),
            jit_compile=distribution.jit_compile(recipe.jit_compile),
        )
        compiled.optimizer.build(compiled.trainable_variables)
        return JointPhase(run, recipe, self.collection, plan, model, compiled)

    def copy_weights(self, model: JointAutoencoder, to: JointAutoencoder) -> None:
        """Copy all weights."""
        to.set_weights(model.get_weights())


def freeze_all_but(model: JointAutoencoder, learns: Sequence[Part]) -> None:
    """Make the named parts of a model trainable and freeze the others.

    The parts that learn come last, so that a layer which they share with a frozen part is trained.
    """
    for part in [*PARTS, *learns]:
        if getattr(model, part) is not None:
            getattr(model, part).trainable = False
    for part in learns:
        if getattr(model, part) is not None:
            getattr(model, part).trainable = True


def _check_trains(model: JointAutoencoder, phase: Phase, key: str) -> None:
    """Refuse a phase whose parts have no weights."""
    freeze_all_but(model, phase.learns)
    if not model.trainable_variables:
        raise RequestError(
            f"recipe: {key}.learns",
            expected="a part with weights that can learn",
            received=f"{phase.learns}, which has none in this model",
            fix="name another part, or leave the phase out",
        )
