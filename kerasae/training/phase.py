"""What a phase of a recipe comes to: transforms, optimizer, losses and callbacks, checked before data is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

import augment
from kerasae.data.transforms import transforms
from kerasae.losses import LabelLoss, ReconstructionLoss
from kerasae.metrics import EarlyStopping, LabelledAccuracy, LabelledMacroF1, direction
from kerasae.models import JointAutoencoder, PseudoLabels
from kerasae.optimizers import OPTIMIZERS
from kerasae.optimizers.schedules import SCHEDULES, Plan
from kerasae.recipe import PARTS, Head, LossRecipe, Part, Phase, Recipe
from kerasae.training.callbacks import BestWeights, StopOnNaN
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import keras
    import numpy as np


def check(phase: Phase, key: str, variational: bool = False) -> None:
    """Refuse names, options and monitored values that do not exist.

    Raises:
        RequestError: one line that begins with `key`, where the phase stands in its recipe.
    """
    schedule(phase, key, [1] * phase.epochs)
    transforms(phase.augment, f"{key}.augment")
    transforms(phase.corrupt, f"{key}.corrupt")
    mixing(phase, key)
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


def check_trains(model: JointAutoencoder, phase: Phase, key: str) -> None:
    """Refuse a phase that finds nothing to train: the parts that learn have no weights.

    Raises:
        RequestError: one line that begins with `key`, where the phase stands in its recipe.
    """
    freeze_all_but(model, phase.learns)
    if not model.trainable_variables:
        raise RequestError(
            f"recipe: {key}.learns",
            expected="a part with weights that can learn",
            received=f"{phase.learns}, which has none in this model",
            fix="name another part, or leave the phase out",
        )


def mixing(phase: Phase, key: str) -> augment.Mixing | None:
    """Return what mixes the phase's images in pairs, if anything does; RequestError if it is no such thing."""
    if phase.mix is None:
        return None
    try:
        built = augment.build({"name": phase.mix.name, **phase.mix.options})
    except (ValueError, TypeError) as error:
        raise RequestError("recipe", received=f"{key}.mix: {error}") from None
    if not isinstance(built, augment.Mixing):
        raise RequestError(f"recipe: {key}.mix", expected="mix_up or cut_mix", received=f"{phase.mix.name!r}")
    return built


def schedule(phase: Phase, key: str, steps: Sequence[int]) -> Plan:
    """Return the phase's learning rate over its steps, so many in each epoch, and the callbacks that go with it.

    Raises:
        RequestError: a schedule that does not exist, does not take its options, or goes beyond the last epoch.
    """
    rate = OPTIMIZERS.check(phase.optimizer, f"{key}.optimizer")["learning_rate"]
    where = f"{key}.schedule"
    try:
        return SCHEDULES.build(phase.schedule, where, rate, steps, monitor(phase))
    except RequestError:
        raise
    except ValueError as error:
        raise RequestError("recipe", received=f"{where}.{error}") from None


def optimizer(phase: Phase, key: str, plan: Plan) -> keras.optimizers.Optimizer:
    """Return a new optimizer: an old one would not know variables that this phase unfreezes."""
    built = OPTIMIZERS.build(phase.optimizer, f"{key}.optimizer")
    built.learning_rate = plan.learning_rate
    return built


def monitor(phase: Phase) -> str:
    """Return the logged value that decides which epoch is best and when to stop or slow down."""
    return phase.monitor or ("val_label_accuracy" if "label" in phase.heads else "val_loss")


def losses(
    recipe: LossRecipe, heads: Sequence[Head], deviation: Sequence[float] | None, class_weights: np.ndarray
) -> dict[str, keras.losses.Loss]:
    """Return the loss of each head; `deviation` is that of the scale on which the decoder works."""
    of_heads: dict[str, keras.losses.Loss] = {
        "reconstruction": ReconstructionLoss(recipe.reconstruction, deviation),
        "label": LabelLoss(recipe.label, class_weights.tolist(), recipe.label_smoothing),
    }
    return {head: of_heads[head] for head in heads}


def metrics(heads: Sequence[Head], num_classes: int) -> dict[Head, list[keras.metrics.Metric]]:
    """Return accuracy and macro-F1, under the names that the history has, for the label head if it is among `heads`."""
    if "label" not in heads:
        return {}
    before = "" if len(heads) > 1 else "label_"  # Keras puts the output's name before it where there are several
    return {"label": [LabelledAccuracy(f"{before}accuracy"), LabelledMacroF1(num_classes, f"{before}macro_f1")]}


def pseudo_labels(phase: Phase) -> PseudoLabels | None:
    """Return the phase's pseudo-labels, if it makes any."""
    return None if phase.pseudo_labels is None else PseudoLabels(**phase.pseudo_labels.model_dump())


def callbacks(phase: Phase, plan: Plan, best: Path) -> list[keras.callbacks.Callback]:
    """Return the callbacks that watch the phase; `best` is the file of its best weights."""
    watching = [StopOnNaN(phase.name), *plan.callbacks]
    if phase.restore_best:
        watching.append(BestWeights(best, monitor(phase)))
    if phase.early_stopping is not None:
        watching.append(
            EarlyStopping(
                monitor=monitor(phase),
                mode=direction(monitor(phase)),
                patience=phase.early_stopping.patience,
                min_delta=phase.early_stopping.min_delta,
                verbose=1,
            )
        )
    return watching


def freeze_all_but(model: JointAutoencoder, learns: Sequence[Part]) -> None:
    """Let the named parts of `model` learn and hold the others still.

    The parts that learn are released last, so that a layer which they share with a frozen part learns.
    """
    for part in [*PARTS, *learns]:
        if getattr(model, part) is not None:
            getattr(model, part).trainable = False
    for part in learns:
        if getattr(model, part) is not None:
            getattr(model, part).trainable = True


def headline(recipe: Recipe, index: int, after: int, learning: Sequence[str]) -> Text:
    """Return the line that announces a phase, which goes on after so many epochs."""
    phase = recipe.phases[index]
    resumed = f", going on after epoch {after}" if after else ""
    epochs = f"{phase.epochs} epoch{'s' * (phase.epochs > 1)}{resumed}"
    return Text.assemble(
        f"Phase {index + 1} of {len(recipe.phases)}, ", (phase.name, "bold"), f": {', '.join(learning)} for {epochs}"
    )
