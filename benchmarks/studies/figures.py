"""Figures of docs/results.md, drawn from the results that are kept."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from kerasae.experiments.comparison.figures.learning_curves import learning_curves
from kerasae.experiments.comparison.figures.per_class import per_class
from kerasae.files.writing import written_whole
from kerasae.recipe.results import Result, results, usual

DOCS = Path(__file__).parents[2] / "docs"
# Which recipes a figure sets side by side; those without results are left out. A recipe's place gives its look, so that
# the courses of a study are the first of its classes.
OPTIMIZERS = [f"study-a/{name}" for name in ("baseline", "sgd", "sgd-xavier", "xavier", "adabound")]
JOINT = [f"study-b/{name}" for name in ("joint", "direct", "joint-sgd", "joint-unaugmented")]
PER_CLASS = {
    "results-a-per-class.png": [
        *OPTIMIZERS,
        *(f"study-a/{name}" for name in ("prototype", "weighted", "variational", "separate", "from-encoder")),
    ],
    "results-b-per-class.png": [*JOINT, "study-b/joint-tied", "study-b/frozen-64", "cifar10-best"],
}
COURSES = {"results-a-optimizers.png": OPTIMIZERS, "results-b-courses.png": JOINT}


def write_figures() -> list[Path]:
    """Draw every figure that has results of two recipes or more, and return their paths."""
    written = []
    for kind, table in ((_per_class, PER_CLASS), (_courses, COURSES)):
        for file, names in table.items():
            found = {name.rpartition("/")[2]: kept for name in names if (kept := usual(results(name)))}
            if len(found) > 1:
                with written_whole(DOCS / file) as temporary:
                    kind(found).savefig(temporary, dpi=110)
                written.append(DOCS / file)
    return written


def _per_class(found: dict[str, list[Result]]) -> Figure:
    accuracies = {
        name: {one: _mean_and_deviation([run.per_class[one] for run in kept]) for one in kept[0].per_class}
        for name, kept in found.items()
    }
    return per_class(accuracies, list(found))


def _mean_and_deviation(values: Sequence[float]) -> tuple[float, float]:
    return statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else 0.0


def _courses(found: dict[str, list[Result]]) -> Figure:
    def values(key: str) -> dict[str, list[np.ndarray]]:
        return {
            name: [np.array(run.curves[key], float) for run in kept if key in run.curves]
            for name, kept in found.items()
        }

    return learning_curves(
        values("label_accuracy"), values("val_label_accuracy"), list(found), label="accuracy", share=True
    )
