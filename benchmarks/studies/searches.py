"""What the searches of the studies found: one small file a search, and their table."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from benchmarks.pages import command, in_lines, kept_in, lines
from kerasae.experiments.search.results import read_results
from kerasae.experiments.search.tune import tune
from kerasae.files.writing import write_text
from kerasae.recipe.loading import load
from kerasae.recipe.results import experiment
from kerasae.utils.formatting import duration

KEPT = Path(__file__).parent / "found"
COLUMNS = ["search", "study", "kerasae: best trial", "its objective", "trials", "epochs in all", "time", "command"]


def measure(name: str, data: Path | None, overrides: list[str]) -> Path:
    """Run a search, or go on with it, and keep what it found."""
    source = None if data is None else str(data / f"{load(name, overrides).data.source}.npz")
    folder = re.sub(r"[^\w.-]+", "-", "-".join([name, *overrides]))[:80]  # what a search may be called
    found = tune(name, data=source, overrides=overrides, name=folder)
    assert found is not None  # as it is where the environment makes this process a worker of a search elsewhere
    trials = read_results(found.plan.folder)
    kept = {
        "recipe": name,
        "overrides": overrides,
        "settings": asked(name, overrides),
        "best": found.best.values,
        "objective": found.plan.objective.name,
        "score": _rounded(found.best.score),
        "trials": len(trials),
        "pruned": sum(one.status == "pruned" for one in trials),
        "failed": sum(one.status == "failed" for one in trials),
        "epochs": sum(one.epochs for one in trials),
        "seconds": round(sum(one.seconds for one in trials), 1),
        "outcomes": [{"status": one.status, "score": _rounded(one.score), **one.values} for one in trials],
    }
    path = KEPT / f"{folder}.json"
    write_text(path, in_lines(kept))
    return path


def asked(name: str, overrides: list[str]) -> dict[str, Any]:
    """Return what decides on the outcome of a search: that of its recipe, and what is searched how far."""
    recipe = load(name, overrides)
    assert recipe.search is not None
    return {**experiment(recipe), "search": recipe.search.model_dump(mode="json", exclude_defaults=True)}


def in_words(name: str) -> str:
    """Return what the search of a recipe found, in a line; empty where it was not run."""
    found = [one for one in kept_in(KEPT) if one["recipe"] == name]
    if not found:
        return ""
    best = min(found, key=lambda one: len(one["overrides"]))
    return (
        f"{_best(best)}: {best['objective']} {best['score']:.5g} ({best['trials']} trials, {duration(best['seconds'])})"
    )


def table() -> str:
    """Return one line a search that was run."""
    cells = [COLUMNS]
    for kept in kept_in(KEPT):
        recipe = load(kept["recipe"])
        stopped = [f"{kept[key]} {key}" for key in ("pruned", "failed") if kept[key]]
        cells.append(
            [
                recipe.title,
                (recipe.reference.note if recipe.reference is not None else "") or "-",
                _best(kept),
                f"{kept['objective']} {kept['score']:.5g}",
                f"{kept['trials']}" + (f" ({', '.join(stopped)})" if stopped else ""),
                str(kept["epochs"]),
                duration(kept["seconds"]),
                f"`{command('tune', kept['recipe'], kept['overrides'])}`",
            ]
        )
    return lines(cells)


def _best(kept: dict[str, Any]) -> str:
    names = {name: name.removeprefix("model.").removeprefix("phases.0.") for name in kept["best"]}
    return ", ".join(f"{short} {_short(kept['best'][name])}" for name, short in names.items())


def _rounded(score: float | None) -> float | None:
    return None if score is None else float(f"{score:.6g}")


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
