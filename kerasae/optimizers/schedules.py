"""Learning-rate schedules by name: a rate as a function of the step, or callbacks that change it between epochs."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Annotated, Any

import keras
from pydantic import Field

from kerasae.metrics import ReduceLROnPlateau, direction
from kerasae.recipe.registry import Registry


@dataclasses.dataclass(frozen=True)
class Plan:
    """The learning rate of an optimizer, and the callbacks that change it.

    A builder takes the optimizer's rate, the number of steps of each epoch of the phase, and the monitored value.
    """

    learning_rate: Any
    callbacks: tuple[keras.callbacks.Callback, ...] = ()


SCHEDULES: Registry[Plan] = Registry("schedule")

Factor = Annotated[float, Field(gt=0, lt=1)]


@SCHEDULES.register("constant")
def constant(learning_rate: float, steps: Sequence[int], monitor: str) -> Plan:
    """Keep the rate constant."""
    return Plan(learning_rate)


@SCHEDULES.register("plateau")
def plateau(
    learning_rate: float,
    steps: Sequence[int],
    monitor: str,
    *,
    factor: Factor = 0.5,
    patience: Annotated[int, Field(gt=0)] = 5,
    min_learning_rate: Annotated[float, Field(ge=0)] = 0.0,
    min_delta: Annotated[float, Field(ge=0)] = 0.0,
) -> Plan:
    """Multiply the rate by `factor` whenever the monitored value has not improved for `patience` epochs.

    Only a change by more than `min_delta` is an improvement.

    Raises:
        ValueError: the initial rate is not above `min_learning_rate`.
    """
    if min_learning_rate >= learning_rate:
        raise ValueError(
            f"min_learning_rate: expected less than the optimizer's rate, {learning_rate:g}. "
            f"Received: {min_learning_rate:g}"
        )
    callback = ReduceLROnPlateau(
        monitor=monitor,
        mode=direction(monitor),
        factor=factor,
        patience=patience,
        min_lr=min_learning_rate,
        min_delta=min_delta,
    )
    return Plan(learning_rate, (callback,))


@SCHEDULES.register("step")
def step(
    learning_rate: float,
    steps: Sequence[int],
    monitor: str,
    *,
    at: Annotated[list[Annotated[int, Field(gt=0)]], Field(min_length=1)],
    factor: Factor | list[Factor] = 0.1,
) -> Plan:
    """Multiply the rate by `factor` after each epoch listed in `at` (counted from 1 within the phase).

    A list of factors has one for each of the epochs; they multiply.

    Raises:
        ValueError: the epochs do not rise or exceed the phase, or there is not one factor for each.
    """
    if sorted(set(at)) != at or at[-1] >= len(steps):
        raise ValueError(f"at: expected rising epochs below the phase's last, {len(steps)}. Received: {at}")
    factors = factor if isinstance(factor, list) else [factor] * len(at)
    if len(factors) != len(at):
        raise ValueError(f"factor: expected one for each of the {len(at)} epochs in at. Received: {factor}")
    rates = [learning_rate * math.prod(factors[:count]) for count in range(len(at) + 1)]
    boundaries = [sum(steps[:epoch]) - 1 for epoch in at]
    return Plan(keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, rates))


@SCHEDULES.register("cosine")
def cosine(
    learning_rate: float,
    steps: Sequence[int],
    monitor: str,
    *,
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.0,
    final: Annotated[float, Field(ge=0, lt=1)] = 0.0,
) -> Plan:
    """Rise linearly for the first `warmup` share of the phase, then fall along a cosine to `final` times the rate.

    Loshchilov and Hutter, arXiv 1608.03983, without restarts.
    """
    total = sum(steps)
    rising = min(round(warmup * total), total - 1)
    if not rising:
        return Plan(keras.optimizers.schedules.CosineDecay(learning_rate, total, alpha=final))
    return Plan(
        keras.optimizers.schedules.CosineDecay(
            0.0, total - rising, alpha=final, warmup_target=learning_rate, warmup_steps=rising
        )
    )
