"""Formats numbers, settings and tables for reports and terminals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any


def percent(value: float) -> str:
    """Format a share such as 0.9781 as 97.8%; only 1 is formatted as 100.0%."""
    return ">99.9%" if 0.9995 <= value < 1 else f"{value:.1%}"


def duration(seconds: float) -> str:
    """Format a duration in milliseconds, seconds, minutes or hours, by its length."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes, hours = seconds / 60, seconds / 3600
    return f"{minutes:.1f} min" if minutes < 120 else f"{hours:.1f} h"


# By the style that a page or a table names.
FORMATS: dict[str, Callable[[Any], str]] = {
    "percent": percent,
    "hundredths": lambda value: f"{value:.2%}",
    "fixed": lambda value: f"{value:.3f}",
    "rate": lambda value: f"{value:,.0f}" if value >= 10 else f"{value:.2g}",
    "small": lambda value: f"{value:.4f}" if value >= 0.001 else f"{value:.2e}",
    "fine": lambda value: f"{value:.5f}" if abs(value) >= 0.0001 or value == 0 else f"{value:.2e}",
    "decibels": lambda value: f"{value:.1f} dB",
    "count": lambda value: f"{value:,}",
    "large": lambda value: f"{value:,}" if value < 1_000_000 else f"{value / 1e6:,.2f} M",
    "seconds": duration,
}


def flat(tree: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the leaves of a tree of plain values as (dotted path, text), in order."""
    if isinstance(tree, Mapping) and tree:
        for key, value in tree.items():
            yield from flat(value, f"{path}.{key}" if path else str(key))
    elif isinstance(tree, Sequence) and not isinstance(tree, str) and any(isinstance(item, Mapping) for item in tree):
        for index, value in enumerate(tree):
            yield from flat(value, f"{path}.{index}")
    else:
        yield path, plain(tree)


def plain(value: Any) -> str:
    """Format a value: a list with commas, an empty value as "none", a boolean as "yes" or "no"."""
    if value is None or value == [] or value == {} or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(plain(item) for item in value)
    if isinstance(value, float):
        return f"{value:.6g}"
    return f"{value:,}" if isinstance(value, int) and abs(value) >= 10_000 else str(value)


def spec(value: Mapping[str, Any] | str | None) -> str:
    """Format a named setting with its options, such as `sgd (momentum 0.9)`."""
    if value is None or isinstance(value, str):
        return value or "none"
    options = ", ".join(f"{key} {plain(option)}" for key, option in value.items() if key != "name")
    return f"{value['name']} ({options})" if options else str(value["name"])
