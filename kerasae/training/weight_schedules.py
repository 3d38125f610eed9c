"""Weight schedules by name: the weight of a loss term in each epoch of its phase."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated

from pydantic import Field

from kerasae.recipe.registry import Registry

# Maps an epoch, counted from 0 within its phase, to a weight.
Schedule = Callable[[int], float]
WEIGHT_SCHEDULES: Registry[Schedule] = Registry("weight schedule")

Weight = Annotated[float, Field(ge=0)]
Span = Annotated[int, Field(ge=2)] | None


@WEIGHT_SCHEDULES.register("constant")
def constant(default: float, epochs: int, *, value: Weight | None = None) -> Schedule:
    """Use `value` in every epoch; without a value, the default of the term."""
    return lambda epoch: default if value is None else value


@WEIGHT_SCHEDULES.register("linear")
def linear(
    default: float, phase_epochs: int, *, start: Weight, end: Weight | None = None, epochs: Span = None
) -> Schedule:
    """Go from `start` in the first epoch to `end` in epoch `epochs`, linearly, and stay there.

    Args:
        default: of the term; the default of `end`.
        phase_epochs: epochs of the phase; the default of `epochs`.
        start: the first weight.
        end: the last weight.
        epochs: the number of epochs, counted from 1, in which `end` is reached.

    Raises:
        ValueError: `epochs` is more than the phase has.
    """
    return _between(lambda share: share, start, default if end is None else end, epochs, phase_epochs)


@WEIGHT_SCHEDULES.register("cosine")
def cosine(
    default: float, phase_epochs: int, *, start: Weight, end: Weight | None = None, epochs: Span = None
) -> Schedule:
    """Go from `start` to `end` along half a cosine; arguments and errors as `linear`."""
    eased = lambda share: 0.5 - 0.5 * math.cos(math.pi * share)  # noqa: E731
    return _between(eased, start, default if end is None else end, epochs, phase_epochs)


@WEIGHT_SCHEDULES.register("step")
def step(
    default: float,
    phase_epochs: int,
    *,
    at: Annotated[list[Annotated[int, Field(gt=0)]], Field(min_length=1)],
    start: Weight | None = None,
    factor: Weight = 0.1,
) -> Schedule:
    """Begin at `start` (by default the default of the term) and multiply by `factor` after each epoch in `at`.

    Raises:
        ValueError: the epochs do not rise, or one is beyond the last epoch of the phase.
    """
    if sorted(set(at)) != at or at[-1] >= phase_epochs:
        raise ValueError(f"at: expected rising epochs below the phase's last, {phase_epochs}. Received: {at}")
    first = default if start is None else start
    return lambda epoch: first * factor ** sum(epoch >= boundary for boundary in at)


def _between(
    shape: Callable[[float], float], start: float, end: float, epochs: int | None, phase_epochs: int
) -> Schedule:
    last = phase_epochs if epochs is None else epochs
    if last > phase_epochs:
        raise ValueError(f"epochs: expected at most the phase's {phase_epochs}. Received: {last}")
    return lambda epoch: end if epoch >= last - 1 else start + (end - start) * shape(epoch / (last - 1))
