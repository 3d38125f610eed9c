"""The tables of docs/unknown.md, written from the results that are kept."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.pages import fill, lines

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[2] / "docs" / "unknown.md"
SCORES = {
    "joined": "joined",
    "reconstruction": "reconstruction",
    "latent": "latent",
    "label": "confidence",
    "max_softmax": "max softmax",
    "energy": "energy",
    "error": "plain error",
    "isolation_forest": "isolation forest",
    "local_outlier_factor": "local outlier factor",
}
USUAL = ("max_softmax", "energy", "error", "isolation_forest", "local_outlier_factor")
GROUPS = {
    "strangers": lambda name: name == "cifar10",
    "left-out-cifar10": lambda name: name.startswith("cifar10-without-"),
    "good-only": lambda name: name.startswith("good-"),
    "left-out-fashion": lambda name: name.startswith("fashion-without-"),
}


def write_tables() -> None:
    """Write every table between its markers."""
    fill(PAGE, lambda group: table(rows(group)))


def rows(group: str) -> dict[str, Mapping[str, Any]]:
    """Return what was found about each kind of strangers of a group, by its name."""
    found: dict[str, Mapping[str, Any]] = {}
    for path in sorted(RESULTS.glob("*.json")):
        if GROUPS[group](path.stem):
            found |= json.loads(path.read_text(encoding="utf-8"))["strangers"]
    return found


def table(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a line for each kind of strangers, and their mean: AUROC of every score, the best in bold.

    The last columns are of the joined score: known images rejected where 95% of the strangers are, and the shares of
    strangers and of known images that the stored threshold rejects.
    """
    if not found:
        return "Not measured yet.\n"
    areas = {
        name: {score: one["scores"][score]["auroc"] for score in SCORES if score in one["scores"]}
        for name, one in found.items()
    }
    given = [score for score in SCORES if all(score in one for one in areas.values())]
    cells = [["strangers", *(SCORES[score] for score in given), "FPR at 95% TPR", "rejected", "known rejected"]]
    for name, one in found.items():
        shares = (
            one["scores"]["joined"]["fpr_at_95_tpr"],
            one["unknown_rejected"]["share"],
            one["known_rejected"]["share"],
        )
        cells.append([name, *_cells(areas[name]), *(f"{share:.1%}" for share in shares)])
    if len(found) > 1:
        mean = {score: fmean(values[score] for values in areas.values()) for score in given}
        cells.append(["mean", *_cells(mean), "", "", ""])
    return lines(cells)


def _cells(areas: Mapping[str, float]) -> Sequence[str]:
    cells = {score: f"{area:.3f}" for score, area in areas.items()}
    compared = ("joined", *USUAL)
    best = max(cells[score] for score in compared if score in cells)
    return [f"**{cell}**" if score in compared and cell == best else cell for score, cell in cells.items()]
