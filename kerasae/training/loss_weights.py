"""The loss weights of a phase: defaults, constants and schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kerasae.models.objective import elbo_weight
from kerasae.recipe import Recipe, Spec, Term
from kerasae.training.weight_schedules import WEIGHT_SCHEDULES
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from kerasae.training.weight_schedules import Schedule


def schedules(recipe: Recipe, index: int, image_shape: tuple[int, ...]) -> dict[str, Schedule]:
    """Return the weight of each loss term of a phase, as a function of the epoch.

    Args:
        recipe: the recipe.
        index: of the phase.
        image_shape: (height, width, channels); the default weight of the KL divergence depends on it.

    Raises:
        RequestError: an unknown name or option, or an epoch beyond the last one of the phase.
    """
    phase = recipe.phases[index]
    by_term: dict[str, Schedule] = {}
    defaults: dict[Term, float] = {head: 1.0 for head in phase.heads}  # noqa: C420 (a head is one kind of term)
    if recipe.model.variational is not None:
        defaults["kl_divergence"] = elbo_weight(image_shape) if "encoder" in phase.learns else 0.0
    for term in dict.fromkeys([*defaults, *phase.loss_weights]):
        default = defaults.get(term, 1.0)
        weight = phase.loss_weights.get(term, default)
        where = f"phases.{index}.loss_weights.{term}"
        spec = weight if isinstance(weight, Spec) else Spec.model_validate({"name": "constant", "value": float(weight)})
        try:
            schedule = WEIGHT_SCHEDULES.build(spec, where, default, phase.epochs)
        except RequestError:
            raise
        except ValueError as error:
            raise RequestError("recipe", received=f"{where}.{error}") from None
        if term in defaults:
            by_term[term] = schedule
    return by_term


def check(recipe: Recipe) -> None:
    """Refuse invalid loss weights and schedules.

    Raises:
        RequestError: as `schedules`, or a weight for the KL divergence of an encoder that has none.
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
