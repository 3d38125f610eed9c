"""Distributions of anomaly scores, and the AUROC of each score."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import PercentFormatter

from kerasae.report.style import BLUE, INK, ORANGE, VERMILLION, finish, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

NUM_BINS = 60


def distributions(known: np.ndarray, unknown: np.ndarray, thresholds: Sequence[float] | np.ndarray) -> Figure:
    """Draw histograms of the scores of in-distribution and OOD images, and the thresholds of the rejection.

    Args:
        known: float (n,), of in-distribution images.
        unknown: float (m,), of OOD images.
        thresholds: one, or one for each class.
    """
    figure = new_figure(2.9)
    axes = figure.add_subplot()
    tidy(axes)
    # The last bin holds all larger scores, since a few OOD images may have very large ones. In float32, the type of
    # scores, its end may round to a value beyond the bin, and those images would not be drawn.
    known, unknown = known.astype(np.float64), unknown.astype(np.float64)
    end = max(2.5 * max(thresholds), float(np.quantile(np.concatenate([known, unknown]), 0.95)))
    edges = np.linspace(0.0, end, NUM_BINS + 1).tolist()
    for scores, colour, label in ((known, BLUE, "in-distribution"), (unknown, VERMILLION, "OOD")):
        weights = np.full(len(scores), 1 / len(scores))
        clipped = np.minimum(scores, end)
        axes.hist(clipped, edges, weights=weights, color=colour, alpha=0.35)
        axes.hist(clipped, edges, weights=weights, color=colour, histtype="step", lw=1.5, label=label)
    low, high = min(thresholds), max(thresholds)
    label = f"threshold {low:.2f}" if low == high else f"thresholds {low:.2f} to {high:.2f}"
    for index, threshold in enumerate(thresholds):
        axes.axvline(threshold, color=INK, ls=(0, (4, 2)), lw=1.3, label=None if index else label)
    axes.set_xlim(0, end)
    axes.set_xlabel("anomaly score; the last bar holds all larger ones", color=INK)
    axes.set_ylabel("share of images", color=INK)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=9, labelcolor=INK)
    return finish(figure)


def compared(values: Mapping[str, float], highlighted: str) -> Figure:
    """Draw the AUROC of each score as a bar that starts at 0.5, chance.

    Args:
        values: the AUROC of each score, in [0, 1].
        highlighted: the score that has another colour and bold text.
    """
    figure = new_figure(0.6 + 0.28 * len(values))
    axes = figure.add_subplot()
    tidy(axes, grid="x")
    names = list(values)
    lowest = min(0.5, *values.values())
    bars = axes.barh(names, [values[name] - 0.5 for name in names], left=0.5, height=0.66)
    for bar, name in zip(bars, names, strict=True):
        bar.set_color(BLUE if name == highlighted else ORANGE)
        axes.text(
            max(values[name], 0.5) + 0.006, bar.get_y() + bar.get_height() / 2, f"{values[name]:.3f}", va="center",
            fontsize=8.5, color=INK, weight="bold" if name == highlighted else "normal",
        )  # fmt: skip
    axes.axvline(0.5, color=INK, lw=1.0)
    axes.invert_yaxis()
    axes.set_xlim(max(0.0, lowest - 0.02), 1.06)
    axes.set_xlabel("AUROC (0.5 is chance)", color=INK)
    axes.tick_params(axis="y", length=0)
    return finish(figure)
