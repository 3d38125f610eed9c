"""The tables of docs/search.md, written from what is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.pages import lines
from kerasae.files.reading import read_json
from kerasae.recipe.results import spread

KEPT = Path(__file__).parent / "results.json"
PAGE = Path(__file__).parents[2] / "docs" / "search.md"
UNMEASURED = "Not measured yet.\n"


def table(name: str) -> str:
    """Return the table `found`, `algorithms`, `costs` or `samplers`."""
    results = read_json(KEPT) if KEPT.is_file() else {}
    makers = {"found": _found, "algorithms": _algorithms, "costs": _costs, "samplers": _samplers}
    return makers[name](results)


def _found(results: dict[str, Any]) -> str:
    searches = results.get("searches", {})
    if "test" not in searches.get("random", {}):
        return UNMEASURED
    return lines([["recipe", "test accuracy", "best seed"], *(
        [name, f"{one['mean']:.4f} ± {one['std']:.4f}", f"{one['max']:.4f}"]
        for name, one in searches["random"]["test"].items()
    )])  # fmt: skip


def _algorithms(results: dict[str, Any]) -> str:
    searches = results.get("searches", {})
    names = {"random": "equal-random", "grid": "equal-grid", "bayesian": "equal-bayesian", "hyperband": "hyperband"}
    if not set(names.values()) <= set(searches):
        return UNMEASURED
    rows = [["algorithm", "trials", "epochs", "best validation accuracy", "minutes"]]
    for algorithm, name in names.items():
        one = searches[name]
        rows.append([algorithm, str(one["trials"]), str(one["epochs"]), f"{one['best']:.4f}", _minutes(one["seconds"])])
    return lines(rows)


def _costs(results: dict[str, Any]) -> str:
    searches = results.get("searches", {})
    # Each pair was run in one go; times of another day are another machine's.
    pairs = [
        {"one worker": "random", "one worker, median rule": "pruned"},
        {"one worker": "one-worker", "two workers": "two-workers"},
    ]
    rows = [
        ["the same search with", "trials", "pruned", "epochs", "best validation accuracy", "minutes", "times as fast"]
    ]
    for pair in pairs:
        for words, name in pair.items() if set(pair.values()) <= set(searches) else ():
            one, base = searches[name], searches[pair["one worker"]]
            ratio = f"{base['wall_seconds'] / one['wall_seconds']:.2f}"
            counts = [str(one[key]) for key in ("trials", "pruned", "epochs")]
            rows.append([words, *counts, f"{one['best']:.4f}", _minutes(one["wall_seconds"]), ratio])
    return lines(rows) if len(rows) > 1 else UNMEASURED


def _samplers(results: dict[str, Any]) -> str:
    if "samplers" not in results:
        return UNMEASURED
    names = {"bayesian": "kerasae, Bayesian", "tpe": "Optuna, TPE"}
    curves = results["samplers"]
    halves = len(curves["tpe"][0]) // 2
    rows = [["sampler", f"best of {halves} trials", f"best of {len(curves['tpe'][0])}"]]
    for name, words in names.items():
        rows.append([words, *(spread([max(curve[:count]) for curve in curves[name]], 4) for count in (halves, None))])
    return lines(rows)


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f}"
