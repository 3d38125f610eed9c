"""Scores of known and unknown images, and of one way of scoring against others."""

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
    """Draw the shares of known and unknown images by score, and the thresholds between answer and rejection."""
    figure = new_figure(2.9)
    axes = figure.add_subplot()
    tidy(axes)
    # A few strangers may lie very far out: the last bin gathers them.
    # In float32, which scores come in, the end may round to a value beyond that bin, and nothing would be drawn.
    known, unknown = known.astype(np.float64), unknown.astype(np.float64)
    end = max(2.5 * max(thresholds), float(np.quantile(np.concatenate([known, unknown]), 0.95)))
    edges = np.linspace(0.0, end, NUM_BINS + 1).tolist()
    for scores, colour, label in ((known, BLUE, "known"), (unknown, VERMILLION, "unknown")):
        weights = np.full(len(scores), 1 / len(scores))
        clipped = np.minimum(scores, end)
        axes.hist(clipped, edges, weights=weights, color=colour, alpha=0.35)
        axes.hist(clipped, edges, weights=weights, color=colour, histtype="step", lw=1.5, label=label)
    low, high = min(thresholds), max(thresholds)
    label = f"threshold {low:.2f}" if low == high else f"thresholds {low:.2f} to {high:.2f}"
    for index, threshold in enumerate(thresholds):
        axes.axvline(threshold, color=INK, ls=(0, (4, 2)), lw=1.3, label=None if index else label)
    axes.set_xlim(0, end)
    axes.set_xlabel("anomaly score; the last bar holds all beyond", color=INK)
    axes.set_ylabel("share of images", color=INK)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=9, labelcolor=INK)
    return finish(figure)


def compared(values: Mapping[str, float], ours: str) -> Figure:
    """Draw the AUROC of each way of scoring as a bar from 0.5, chance, to 1; `ours` stands out."""
    figure = new_figure(0.6 + 0.28 * len(values))
    axes = figure.add_subplot()
    tidy(axes, grid="x")
    names = list(values)
    lows = min(0.5, *values.values())
    bars = axes.barh(names, [values[name] - 0.5 for name in names], left=0.5, height=0.66)
    for bar, name in zip(bars, names, strict=True):
        bar.set_color(BLUE if name == ours else ORANGE)
        axes.text(
            max(values[name], 0.5) + 0.006, bar.get_y() + bar.get_height() / 2, f"{values[name]:.3f}", va="center",
            fontsize=8.5, color=INK, weight="bold" if name == ours else "normal",
        )  # fmt: skip
    axes.axvline(0.5, color=INK, lw=1.0)
    axes.invert_yaxis()
    axes.set_xlim(max(0.0, lows - 0.02), 1.06)
    axes.set_xlabel("AUROC (0.5 is chance)", color=INK)
    axes.tick_params(axis="y", length=0)
    return finish(figure)
