"""The checks of constructor arguments; each failure is one sentence that names the argument and what it expects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral, Real


def _title(owner: object) -> str:
    return owner if isinstance(owner, str) else type(owner).__name__


def _bounds(low: float, high: float) -> str:
    if math.isinf(low) and math.isinf(high):
        return ""
    if math.isinf(high):
        return f" of at least {low:g}"
    return f" in [{low:g}, {high:g}]"


def number(owner: object, name: str, value: object, low: float = -math.inf, high: float = math.inf) -> float:
    """Return `value` as a float in [low, high], or raise TypeError or ValueError."""
    expected = f"Expected `{name}` of {_title(owner)} to be a number{_bounds(low, high)}. Received: {value!r}"
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(expected)
    if not (low <= float(value) <= high and math.isfinite(value)):
        raise ValueError(expected)
    return float(value)


def integer(owner: object, name: str, value: object, low: float = -math.inf, high: float = math.inf) -> int:
    """Return `value` as an int in [low, high], or raise TypeError or ValueError."""
    expected = f"Expected `{name}` of {_title(owner)} to be an integer{_bounds(low, high)}. Received: {value!r}"
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(expected)
    if not low <= int(value) <= high:
        raise ValueError(expected)
    return int(value)


def interval(
    owner: object, name: str, value: object, low: float = -math.inf, high: float = math.inf
) -> tuple[float, float]:
    """Return `value` as two floats in rising order within [low, high], or raise TypeError or ValueError."""
    expected = (
        f"Expected `{name}` of {_title(owner)} to be two numbers{_bounds(low, high)}, the lower one first. "
        f"Received: {value!r}"
    )
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise TypeError(expected)
    if any(isinstance(end, bool) or not isinstance(end, Real) for end in value):
        raise TypeError(expected)
    if len(value) != 2 or not low <= value[0] <= value[1] <= high or not all(map(math.isfinite, value)):
        raise ValueError(expected)
    return float(value[0]), float(value[1])


def whole_interval(owner: object, name: str, value: object, low: int, high: int) -> tuple[int, int]:
    """Return `value` as two ints in rising order within [low, high], or raise TypeError or ValueError."""
    ends = interval(owner, name, value, low, high)
    if any(end != int(end) for end in ends):
        raise ValueError(
            f"Expected `{name}` of {_title(owner)} to be two whole numbers in [{low}, {high}]. Received: {value!r}"
        )
    return int(ends[0]), int(ends[1])


def choice(owner: object, name: str, value: object, options: Sequence[str]) -> str:
    """Return `value` if it is one of `options`, or raise ValueError."""
    if value not in options:
        known = ", ".join(map(repr, options))
        raise ValueError(f"Expected `{name}` of {_title(owner)} to be one of {known}. Received: {value!r}")
    return str(value)
