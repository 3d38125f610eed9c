"""In what recipes differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kerasae.utils.formatting import flat, spec

ABSENT = "-"
APART = ("title", "reference")


def first_difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """Return the first field in which two recipes differ, as texts; what no run depends on does not count."""
    one, other = ({key: value for key, value in recipe.items() if key not in APART} for recipe in (before, now))
    if one == other:
        return None
    rows = differences([one, other])
    return (rows[0][0], rows[0][1][0], rows[0][1][1]) if rows else _exact(one, other)


def _exact(one: Any, other: Any, field: str = "") -> tuple[str, str, str]:
    """Return the first field that differs, with its values in full: texts for people round them."""
    pairs: list[tuple[Any, Any, Any]] = []
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        pairs = [(key, one.get(key), other.get(key)) for key in {**one, **other}]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = [(place, *pair) for place, pair in enumerate(zip(one, other, strict=True))]
    for key, *pair in pairs:
        if pair[0] != pair[1]:
            return _exact(pair[0], pair[1], f"{field}.{key}".removeprefix("."))
    return field, repr(one), repr(other)


def differences(recipes: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """List the fields in which recipes differ, with every recipe's value as text, "-" where it has no such field."""
    tables = [dict(flat(_compact(recipe))) for recipe in recipes]
    keys = dict.fromkeys(key for table in tables for key in table)
    rows = [(key, [table.get(key, ABSENT) for table in tables]) for key in keys]
    return [row for row in rows if len(set(row[1])) > 1]


def _compact(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Put each phase's augmentations on one line, where a list of tables would be a row for every option."""
    phases = [{**phase, "augment": [spec(one) for one in phase["augment"]]} for phase in recipe["phases"]]
    return {**recipe, "phases": phases}
