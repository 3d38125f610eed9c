"""Parameters as axes of a figure: the position of each trial from 0 to 1, and the ticks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator

from kerasae.recipe import toml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.experiments.search.parameters import Parameter, ParameterValues

MAX_TICKS = 6


@dataclass(frozen=True)
class Axis:
    """An axis of a figure.

    Attributes:
        label: its name.
        positions: of the trials, float (n,) in [0, 1], NaN for a trial in which the parameter is not active.
        ticks: positions with their labels.
    """

    label: str
    positions: np.ndarray
    ticks: Sequence[tuple[float, str]]

    @classmethod
    def of_parameter(cls, parameter: Parameter, label: str, trials: Sequence[ParameterValues]) -> Axis:
        """Return the axis of a parameter: choices at even distances, a range on its linear or logarithmic scale."""
        if parameter.kind != "choice":
            numbers = np.array([values.get(parameter.name, math.nan) for values in trials], float)
            is_integer = parameter.kind == "int"
            return cls._of_range(label, numbers, parameter.low, parameter.high, log=parameter.log, integer=is_integer)
        choices = parameter.choices
        spots = [index / (len(choices) - 1) for index in range(len(choices))] if len(choices) > 1 else [0.5]
        ticks = [(spot, _tick_label(choice)) for spot, choice in zip(spots, choices, strict=True)]
        positions = [
            spots[choices.index(values[parameter.name])] if parameter.name in values else math.nan for values in trials
        ]
        return cls(label, np.array(positions, float), ticks[:: -(-len(ticks) // MAX_TICKS)])

    @classmethod
    def of_numbers(cls, label: str, numbers: np.ndarray) -> Axis:
        """Return a linear axis from the smallest to the largest of `numbers`, float (n,)."""
        return cls._of_range(label, numbers, float(numbers.min()), float(numbers.max()), log=False, integer=False)

    @classmethod
    def _of_range(cls, label: str, numbers: np.ndarray, low: float, high: float, *, log: bool, integer: bool) -> Axis:
        if low == high:
            return cls(label, np.full(len(numbers), 0.5), [(0.5, f"{low:.4g}")])
        scale = np.log if log else np.asarray

        def position(values: Any) -> Any:
            return (scale(values) - scale(low)) / (scale(high) - scale(low))

        locator = LogLocator(subs=(1.0, 2.0, 5.0), numticks=12) if log else MaxNLocator(4, integer=integer)
        ticks = [float(tick) for tick in locator.tick_values(low, high) if low <= tick <= high]
        if log and len(ticks) > MAX_TICKS:
            ticks = [tick for tick in ticks if math.isclose(math.log10(tick) % 1, 0, abs_tol=1e-9)]
        return cls(label, position(numbers), [(float(position(tick)), f"{tick:.4g}") for tick in ticks or [low, high]])


def short_names(names: Sequence[str]) -> list[str]:
    """Return the last parts of dotted names, two at least and as many as distinguish them.

    The number of a phase at the start is left out if the names stay distinct.
    """
    most = max((name.count(".") + 1 for name in names), default=1)
    for count in range(2, most + 1):
        short = [".".join(name.split(".")[-count:]) for name in names]
        without_number = [name.lstrip("0123456789").lstrip(".") or name for name in short]
        for candidates in (without_number, short):
            if len(set(candidates)) == len(names):
                return candidates
    return list(names)


def _tick_label(value: Any) -> str:
    """Return a choice as a short text: named settings by their names, joined by "+"."""
    if isinstance(value, list):
        names: list[Any] = [item.get("name") if isinstance(item, dict) else item for item in value]
        if all(isinstance(name, str) for name in names):
            return "+".join(names) or "none"
    if isinstance(value, dict) and "name" in value:
        return str(value["name"])
    if isinstance(value, bool):
        return "yes" if value else "no"
    return toml.shown(value)
