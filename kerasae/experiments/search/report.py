"""The page of a search: search.html, self-contained, with its figures beside it as PNG."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kerasae.experiments.search.axes import labels
from kerasae.experiments.search.outcome import Outcome, trial_folder
from kerasae.experiments.search.progress import best_of
from kerasae.experiments.search.report_figures import draw
from kerasae.files.writing import write_text
from kerasae.recipe import toml
from kerasae.report.templating import render
from kerasae.utils.formatting import FORMATS, duration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kerasae.experiments.search.plan import Search

PAGE = "search.html"
WORDS = {"random": "random search", "grid": "grid", "bayesian": "Bayesian optimization", "hyperband": "Hyperband"}


def write_report(search: Search, found: Sequence[Outcome], *, compared: bool = False) -> Path:
    """Draw the figures and write the page; `compared` says whether a comparison lies beside it."""
    parameters = search.space.parameters
    best = best_of(search, list(found))
    by_score = sorted(found, key=lambda one: _rank(search, one))
    page = render(
        "search.html.j2",
        "kerasae.experiments.search",
        title=search.asked.title or search.name,
        folder=search.folder.resolve().name,
        algorithm=WORDS[search.settings.algorithm],
        objective=search.objective,
        num_images=search.facts["counts"]["validation"]["total"],
        folds=search.settings.folds,
        source=search.facts["source"],
        found=found,
        best=best,
        best_changes=_changes(search, best) if best is not None else [],
        counts={status: sum(one.status == status for one in found) for status in ("completed", "pruned", "failed")},
        seconds=duration(sum(one.seconds for one in found)),
        space=[(field, _range(one.model_dump(mode="json", exclude_defaults=True)))
               for field, one in (search.settings.space or {}).items()],
        settings=_settings(search),
        report_figures=draw(search, found),
        heads=labels([parameter.name for parameter in parameters]),
        rows=[_row(search, one) for one in by_score],
        compared=compared,
    )  # fmt: skip
    path = search.folder / PAGE
    write_text(path, page)
    return path


def _rank(search: Search, one: Outcome) -> tuple[bool, bool, float]:
    """Order trials: those trained to the end, the best first, then the pruned, then the failed."""
    sign = -1.0 if search.objective.direction == "max" else 1.0
    return (one.score is None, one.status == "pruned", sign * (one.score or 0.0))


def _row(search: Search, one: Outcome) -> dict[str, Any]:
    folder = trial_folder(search.folder, one.id)
    runs = sorted(path.parent.name for path in folder.glob("*/history.csv"))
    return {
        "id": one.id,
        "status": one.status + (f", from {one.continues}" if one.continues else ""),
        "reason": one.reason,
        "cells": [
            "-" if one.score is None else f"{one.score:.5g}",
            f"{one.epochs}",
            duration(one.seconds) if one.epochs else "-",
            "-" if one.parameters is None else FORMATS["large"](one.parameters),
        ],
        "values": [toml.shown(one.values[name]) if name in one.values else "" for name in search.space.named],
        "runs": [(run, f"{folder.name}/{run}/") for run in runs],
    }


def _changes(search: Search, best: Outcome) -> list[tuple[str, str]]:
    """List what the best recipe sets, field by field."""
    return [(field, toml.shown(value)) for field, value in search.space.overrides(best.values)]


def _settings(search: Search) -> list[tuple[str, str]]:
    settings = search.settings.model_dump(mode="json", exclude_none=True, exclude={"space", "objective"})
    if search.settings.algorithm != "hyperband":
        settings.pop("factor")
    return [(name, toml.shown(value)) for name, value in settings.items()]


def _range(one: Mapping[str, Any]) -> str:
    """Say what a field may be."""
    if "choice" in one:
        words = " or ".join(toml.shown(value) for value in one["choice"])
    elif "range" in one:
        low, high = one["range"]
        words = f"{low:g} to {high:g}" + (f" in steps of {one['step']:g}" if "step" in one else "")
        words += " (logarithmic)" if one.get("log") else ""
    else:
        length = f"as long as {one['like']}" if "like" in one else f"{_range(one['depth'])} entries"
        words = f"{length}, each {_range(one['width'])}"
        words += f", times powers of {_range(one['growth'])}" if "growth" in one else ""
    conditions = [f"{name} is {' or '.join(map(toml.shown, values))}" for name, values in one.get("when", {}).items()]
    words += f"; where {' and '.join(conditions)}" if conditions else ""
    others = [*one.get("also", []), *(f"{name} backwards" for name in one.get("mirror", []))]
    return words + (f"; so too {', '.join(others)}" if others else "")
