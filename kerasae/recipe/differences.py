"""List the fields in which recipes differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kerasae.utils.formatting import flat, spec

ABSENT = "-"
NOT_COMPARED = ("title", "reference")


def first_difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """Return the first field in which two recipes differ and its values as text; `NOT_COMPARED` is ignored."""
    first, second = (
        {key: value for key, value in recipe.items() if key not in NOT_COMPARED} for recipe in (before, now)
    )
    if first == second:
        return None
    rows = differences([first, second])
    return (rows[0][0], rows[0][1][0], rows[0][1][1]) if rows else _exact(first, second)


def _exact(first: Any, second: Any, path: tuple[str, ...] = ()) -> tuple[str, str, str]:
    """Return the first field that differs, with its values in full, which `flat` rounds."""
    pairs: list[tuple[Any, Any, Any]] = []
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        pairs = [(key, first.get(key), second.get(key)) for key in {**first, **second}]
    elif isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        pairs = [(index, *pair) for index, pair in enumerate(zip(first, second, strict=True))]
    for key, before, now in pairs:
        if before != now:
            return _exact(before, now, (*path, str(key)))
    return ".".join(path), repr(first), repr(second)


def differences(recipes: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """List the fields in which recipes differ, with each recipe's value as text, "-" where the field is missing."""
    tables = [dict(flat(_compact(recipe))) for recipe in recipes]
    keys = dict.fromkeys(key for table in tables for key in table)
    rows = [(key, [table.get(key, ABSENT) for table in tables]) for key in keys]
    return [row for row in rows if len(set(row[1])) > 1]


def _compact(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Write each augmentation as one text: a list of tables would give a row for every option."""
    phases = [{**phase, "augment": [spec(transform) for transform in phase["augment"]]} for phase in recipe["phases"]]
    return {**recipe, "phases": phases}
