"""A phase of a recipe as it is trained on the images at hand: everything that it names, checked and built once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import augment
from kerasae.data.transforms import transforms
from kerasae.metrics import direction
from kerasae.optimizers import OPTIMIZERS
from kerasae.optimizers.schedules import SCHEDULES, Plan
from kerasae.training.callbacks import BestWeights, EarlyStopping, StopOnNaN
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import keras

    from kerasae.recipe import Phase, Recipe, Spec
    from kerasae.runs.data_facts import DataFacts
    from kerasae.training.batches import BatchSizeStage
    from kerasae.training.weight_schedules import Schedule


@dataclass(frozen=True, slots=True)
class OptimizerPlan:
    """An optimizer with its learning-rate schedule.

    Attributes:
        spec: name and options of the optimizer.
        key: where it is in the recipe.
        schedule: the learning rate over the steps of the phase, and its callbacks.
    """

    spec: Spec
    key: str
    schedule: Plan

    def build(self) -> keras.optimizers.Optimizer:
        """Return a new optimizer: that of an earlier phase does not know the variables that this one unfreezes."""
        optimizer = OPTIMIZERS.build(self.spec, self.key)
        optimizer.learning_rate = self.schedule.learning_rate
        return optimizer


@dataclass(frozen=True, slots=True)
class PhasePlan:
    """A phase with all that is built from its names and options. It serves one training: schedules keep state.

    Attributes:
        index: of the phase in its recipe.
        name: a name that no other phase of the recipe has.
        phase: as the recipe has it.
        first_epoch: the number of epochs of all earlier phases. Epochs are numbered over all phases, so that no two of
            them use the same order and augmentations.
        stages: epochs that share a batch size.
        optimizers: of the joint model one, of an adversarial model that of the generator and of the discriminator.
        transforms: that augment training images.
        mixing: the transform that mixes images in pairs.
        corruptions: transforms of the input alone, whose target is the image without them.
        loss_weights: by loss term, its weight as a function of the epoch within the phase.
    """

    index: int
    name: str
    phase: Phase
    first_epoch: int
    stages: Sequence[BatchSizeStage]
    optimizers: Sequence[OptimizerPlan]
    transforms: Sequence[augment.Transform]
    mixing: augment.Mixing | None = None
    corruptions: Sequence[augment.Transform] = ()
    loss_weights: Mapping[str, Schedule] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        recipe: Recipe,
        index: int,
        stages: Sequence[BatchSizeStage],
        optimizers: Sequence[OptimizerPlan],
        loss_weights: Mapping[str, Schedule] | None = None,
    ) -> PhasePlan:
        """Build the plan of a phase whose stages, optimizers and loss weights are known.

        Raises:
            RequestError: a transform does not exist or does not take its options.
        """
        phase, key = recipe.phases[index], f"phases.{index}"
        return cls(
            index,
            recipe.phase_names[index],
            phase,
            sum(earlier.epochs for earlier in recipe.phases[:index]),
            stages,
            optimizers,
            transforms(phase.augment, f"{key}.augment"),
            _mixing(phase.mix, f"{key}.mix"),
            transforms(phase.corrupt, f"{key}.corrupt"),
            loss_weights or {},
        )


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """A training that has been checked against the images at hand.

    Attributes:
        phases: the plan of each phase.
        facts: what data.json holds, see `kerasae.data.learned_images.facts_of`.
    """

    phases: Sequence[PhasePlan]
    facts: DataFacts


def plan_optimizer(
    phase: Phase, key: str, steps: Sequence[int], optimizer: Spec | None = None, optimizer_key: str = "optimizer"
) -> OptimizerPlan:
    """Return the plan of an optimizer.

    Args:
        phase: the phase, whose schedule the learning rate follows.
        key: where the phase is in its recipe.
        steps: the number of steps of each epoch.
        optimizer: name and options; those of the phase if left out.
        optimizer_key: where the optimizer is in the phase.

    Raises:
        RequestError: an optimizer or a schedule does not exist, does not take its options, or has an epoch beyond the
            last one of the phase.
    """
    optimizer = optimizer or phase.optimizer
    where = f"{key}.schedule"
    learning_rate = OPTIMIZERS.check(optimizer, f"{key}.{optimizer_key}")["learning_rate"]
    try:
        schedule = SCHEDULES.build(phase.schedule, where, learning_rate, steps, monitor(phase))
    except RequestError:
        raise
    except ValueError as error:
        raise RequestError("recipe", received=f"{where}.{error}") from None
    return OptimizerPlan(optimizer, f"{key}.{optimizer_key}", schedule)


def check(phase: Phase, key: str, variational: bool = False) -> None:
    """Refuse names, options and monitored values that do not exist, before any data is read.

    Args:
        phase: the phase.
        key: where it is in its recipe.
        variational: whether the encoder is variational.

    Raises:
        RequestError: begins with `key`.
    """
    plan_optimizer(phase, key, [1] * phase.epochs)
    transforms(phase.augment, f"{key}.augment")
    transforms(phase.corrupt, f"{key}.corrupt")
    _mixing(phase.mix, f"{key}.mix")
    logged = [
        "loss",
        *(f"{head}_loss" for head in phase.heads),
        *(["label_accuracy"] if "label" in phase.heads else []),
        *(["kl_divergence"] if variational else []),
    ]
    known = [f"{split}{name}" for split in ("val_", "") for name in logged]
    if phase.monitor is not None and phase.monitor not in known:
        raise RequestError(
            f"recipe: {key}.monitor", expected=f"one of {', '.join(known)}", received=f"{phase.monitor!r}"
        )


def monitor(phase: Phase) -> str:
    """Return the logged value that decides which epoch is best, and when to stop or to lower the learning rate."""
    return phase.monitor or ("val_label_accuracy" if "label" in phase.heads else "val_loss")


def counted_callbacks(phase: Phase, schedule: Plan, best: Path) -> list[keras.callbacks.Callback]:
    """Return new callbacks that stop a phase, lower its learning rate or keep its best weights.

    Args:
        phase: the phase.
        schedule: its learning rate.
        best: the file of the best weights.
    """
    callbacks = [StopOnNaN(phase.name), *schedule.callbacks]
    if phase.restore_best:
        callbacks.append(BestWeights(best, monitor(phase)))
    if phase.early_stopping is not None:
        callbacks.append(
            EarlyStopping(
                monitor=monitor(phase),
                mode=direction(monitor(phase)),
                patience=phase.early_stopping.patience,
                min_delta=phase.early_stopping.min_delta,
                verbose=1,
            )
        )
    return callbacks


def _mixing(spec: Spec | None, key: str) -> augment.Mixing | None:
    """Build the transform that mixes images in pairs, if there is one; arguments and errors as `transforms`."""
    if spec is None:
        return None
    try:
        transform = augment.build({"name": spec.name, **spec.options})
    except (ValueError, TypeError) as error:
        raise RequestError("recipe", received=f"{key}: {error}") from None
    if not isinstance(transform, augment.Mixing):
        raise RequestError(f"recipe: {key}", expected="mix_up or cut_mix", received=f"{spec.name!r}")
    return transform
