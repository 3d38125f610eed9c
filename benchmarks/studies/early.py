"""What study B's recipes reach in as many epochs, whatever more some of them were trained."""

from __future__ import annotations

import numpy as np

from benchmarks.pages import lines
from kerasae.recipe.loading import builtin, load
from kerasae.recipe.results import Result, results, spread

EPOCHS = 5
COLUMNS = ["recipe", "what", "its best validation accuracy", "the reconstruction MSE then", "seeds"]


def table() -> str:
    """Return one line for each recipe that learns to classify in its first phase, the best first."""
    names = [name for name in builtin() if name.startswith("study-b/") and "label" in load(name).phases[0].heads]
    found = {name: [_best(one) for one in results(name) if one.epochs >= EPOCHS] for name in names}
    rows = {name: np.array(bests) for name, bests in found.items() if bests}
    ranked = sorted(rows, key=lambda name: -rows[name][:, 0].mean())
    return lines([COLUMNS, *(_row(name, rows[name]) for name in ranked)])


def _best(result: Result) -> tuple[float, float]:
    """Return the highest validation accuracy of the first epochs, and the reconstruction error of that epoch or NaN."""
    missing = [None] * EPOCHS
    curves = (result.curves.get(name, missing) for name in ("val_label_accuracy", "val_reconstruction_loss"))
    accuracies, errors = (np.array(curve[:EPOCHS], float) for curve in curves)  # None becomes NaN
    place = int(np.nanargmax(accuracies))
    return accuracies[place], errors[place]


def _row(name: str, bests: np.ndarray) -> list[str]:
    accuracy, error = bests.T.tolist()
    rebuilt = "-" if np.isnan(error).any() else spread(error, 4)
    return [f"`{name}`", load(name).title, spread(accuracy, 3), rebuilt, str(len(bests))]
