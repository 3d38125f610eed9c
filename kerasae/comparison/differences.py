"""In what recipes differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kerasae.report.wording import flat, spec

ABSENT = "-"


def first_difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """Return the first field in which two recipes differ, as texts; what no run depends on does not count."""
    rows = [row for row in differences([before, now]) if row[0].split(".")[0] not in ("title", "reference")]
    return (rows[0][0], rows[0][1][0], rows[0][1][1]) if rows else None


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
