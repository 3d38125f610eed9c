"""The weights of a phase's losses: by default, by schedule or balanced, and what they were, in the history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

from kerasae.models.objective import elbo_weight
from kerasae.recipe import Phase, Recipe, Spec, Term
from kerasae.training.gradient_norm import GradientNormBalance
from kerasae.training.weight_schedules import WEIGHT_SCHEDULES, Schedule
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def schedules(recipe: Recipe, index: int, image_shape: tuple[int, ...]) -> dict[str, Schedule]:
    """Return what each term of a phase's loss weighs over its epochs.

    Raises:
        RequestError: one line on a name, an option, or an epoch beyond the phase's last.
    """
    phase = recipe.phases[index]
    found: dict[str, Schedule] = {}
    defaults: dict[Term, float] = {head: 1.0 for head in phase.heads}  # noqa: C420 (a head is one kind of term)
    if recipe.model.variational is not None:
        defaults["kl_divergence"] = elbo_weight(image_shape) if "encoder" in phase.learns else 0.0
    for term in dict.fromkeys([*defaults, *phase.loss_weights]):
        default = defaults.get(term, 1.0)
        given = phase.loss_weights.get(term, default)
        where = f"phases.{index}.loss_weights.{term}"
        spec = given if isinstance(given, Spec) else Spec.model_validate({"name": "constant", "value": float(given)})
        try:
            schedule = WEIGHT_SCHEDULES.build(spec, where, default, phase.epochs)
        except RequestError:
            raise
        except ValueError as error:
            raise RequestError("recipe", received=f"{where}.{error}") from None
        if term in defaults:
            found[term] = schedule
    return found


def check(recipe: Recipe) -> None:
    """Refuse weights and schedules of losses that cannot be.

    Raises:
        RequestError: what `schedules` would say, or a weight for the divergence of an encoder that has none.
    """
    for index, phase in enumerate(recipe.phases):
        schedules(recipe, index, ())
        variational = recipe.model.variational is not None
        if "kl_divergence" in phase.loss_weights and not (variational and "encoder" in phase.learns):
            raise RequestError(
                f"recipe: phases.{index}.loss_weights.kl_divergence",
                expected="model.variational and an encoder that learns",
                received=f"variational {str(variational).lower()}, learns {phase.learns}",
                fix="leave it out or set model.variational to true",
            )


def callbacks(
    phase: Phase, weights: Mapping[str, Schedule], batch: Callable[[], tuple[Any, Any, Any]]
) -> list[keras.callbacks.Callback]:
    """Return the callbacks that set and log the loss weights; `batch` gives a batch of the phase to balance on."""
    if phase.balance != "gradient_norm":
        return [LossWeights(weights)]
    free = {term: weight for term, weight in weights.items() if term not in phase.heads}
    return [GradientNormBalance(*batch()), LossWeights(free)]


class LossWeights(keras.callbacks.Callback):
    """Sets the loss weights that follow a schedule, and logs what weighed each term as `TERM_weight`.

    Works on any compiled `JointAutoencoder`; must come before the callbacks that are to see its logs. A learned or
    balanced weight is logged as it is at the end of the epoch.

    Args:
        schedules: by term, the weight in each epoch, counted from 0.

    Raises:
        ValueError: when training begins, a scheduled term that was not compiled with a `keras.Variable`.
    """

    def __init__(self, schedules: Mapping[str, Schedule] | None = None) -> None:
        super().__init__()
        self.schedules = dict(schedules or {})

    def on_train_begin(self, logs: Any = None) -> None:
        """Look for the variables."""
        for term in self.schedules:
            weight = self.model.term_weights.get(term)
            if not isinstance(weight, keras.Variable):
                raise ValueError(f"loss_weights[{term!r}]: expected a keras.Variable to schedule. Received: {weight!r}")

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Set this epoch's weights."""
        for term, schedule in self.schedules.items():
            self.model.term_weights[term].assign(schedule(epoch))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Log the weights."""
        if logs is not None:
            logs.update({f"{term}_weight": weight for term, weight in self.model.effective_weights().items()})
