"""Parameters as axes of a figure: where every trial lies on them, from 0 to 1, and what the ticks say."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator

from kerasae.recipe import toml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.experiments.search.space import Parameter, Values

MOST_TICKS = 6


@dataclass(frozen=True)
class Axis:
    """An axis.

    Attributes:
        label: what to call it.
        places: of the trials, float (n,) in [0, 1], NaN where it was not varied.
        ticks: places with their texts.
    """

    label: str
    places: np.ndarray
    ticks: Sequence[tuple[float, str]]

    @classmethod
    def of(cls, parameter: Parameter, label: str, trials: Sequence[Values]) -> Axis:
        """Return the axis of a parameter: choices evenly, a range as it was drawn from."""
        if parameter.kind == "choice":
            last = max(len(parameter.choices) - 1, 1)
            spots = [index / last for index in range(len(parameter.choices))] if len(parameter.choices) > 1 else [0.5]
            ticks = [(spot, _text(choice)) for spot, choice in zip(spots, parameter.choices, strict=True)]
            places = [
                spots[parameter.choices.index(values[parameter.name])] if parameter.name in values else math.nan
                for values in trials
            ]
            return cls(label, np.array(places, float), ticks[:: -(-len(ticks) // MOST_TICKS)])
        numbers = np.array([values.get(parameter.name, math.nan) for values in trials], float)
        return cls._between(label, numbers, parameter.low, parameter.high, parameter.log, parameter.kind == "int")

    @classmethod
    def of_numbers(cls, label: str, numbers: np.ndarray) -> Axis:
        """Return a linear axis from the least of the numbers to the largest."""
        return cls._between(label, numbers, float(numbers.min()), float(numbers.max()), False, False)

    @classmethod
    def _between(cls, label: str, numbers: np.ndarray, low: float, high: float, log: bool, whole: bool) -> Axis:
        if low == high:
            return cls(label, np.full(len(numbers), 0.5), [(0.5, f"{low:.4g}")])
        scale = np.log if log else np.asarray

        def place(values: Any) -> Any:
            return (scale(values) - scale(low)) / (scale(high) - scale(low))

        locator = LogLocator(subs=(1.0, 2.0, 5.0), numticks=12) if log else MaxNLocator(4, integer=whole)
        found = [float(tick) for tick in locator.tick_values(low, high) if low <= tick <= high]
        if len(found) > MOST_TICKS:
            found = [tick for tick in found if math.isclose(math.log10(tick) % 1, 0, abs_tol=1e-9)] if log else found
        return cls(label, place(numbers), [(float(place(tick)), f"{tick:.4g}") for tick in found or [low, high]])


def labels(names: Sequence[str]) -> list[str]:
    """Shorten dotted names to as many last words, two at least, as tell them apart; the number of a phase goes too."""
    most = max((name.count(".") + 1 for name in names), default=1)
    for count in range(2, most + 1):
        short = [".".join(name.split(".")[-count:]) for name in names]
        bare = [name.lstrip("0123456789").lstrip(".") or name for name in short]
        for found in (bare, short):
            if len(set(found)) == len(names):
                return found
    return list(names)


def _text(value: Any) -> str:
    if isinstance(value, list):
        names: list[Any] = [one.get("name") if isinstance(one, dict) else one for one in value]
        if all(isinstance(name, str) for name in names):
            return "+".join(names) or "none"
    if isinstance(value, dict) and "name" in value:
        return str(value["name"])
    if isinstance(value, bool):
        return "yes" if value else "no"
    return toml.shown(value)
