"""Histograms of the pixel values of several sets of images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import LogLocator, NullFormatter

from kerasae.report.style import BLUE, GREEN, INK, ORANGE, VERMILLION, drawable, finish, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

COLOURS = (BLUE, VERMILLION, GREEN, ORANGE)
NUM_BINS = 32  # of 8 grey levels each
MAX_COLUMNS = 3
PEAK_RATIO = 8.0  # a bin this many times as high as the median hides the others on a linear axis


def pixels(counts: Mapping[str, np.ndarray]) -> Figure:
    """Draw the histogram of each set's pixel values on common scales, with mean and standard deviation.

    Args:
        counts: int (256,), the number of occurrences of each value, by the name of the set.
    """
    columns = 2 if len(counts) == 4 else min(len(counts), MAX_COLUMNS)
    rows = -(-len(counts) // columns)
    figure = new_figure(0.7 + 1.9 * rows, width=max(5.2, 2.5 * columns))
    grid = np.atleast_1d(figure.subplots(rows, columns, sharex=True, sharey=True)).ravel()
    edges = np.linspace(0, 1, NUM_BINS + 1)
    shares = {name: values.reshape(NUM_BINS, -1).sum(1) / values.sum() for name, values in counts.items()}
    heights_above_0 = np.concatenate([values[values > 0] for values in shares.values()])
    log = bool(heights_above_0.max() > PEAK_RATIO * np.median(heights_above_0))
    floor = heights_above_0.min() / 2 if log else 0.0
    for index, (axes, (name, values)) in enumerate(zip(grid, counts.items(), strict=False)):
        tidy(axes)
        heights, colour = np.maximum(shares[name], floor), COLOURS[index % len(COLOURS)]
        axes.stairs(heights, edges, baseline=floor, fill=True, color=colour)
        levels = np.arange(256) / 255
        mean = float(np.average(levels, weights=values))
        deviation = float(np.sqrt(np.average(np.square(levels - mean), weights=values)))
        axes.axvline(mean, color=INK, lw=1.2, ls="--")
        axes.set_title(f"{drawable(name, 20)}\nmean {mean:.4f}, std {deviation:.4f}", fontsize=9, color=INK)
        axes.set_xlim(0, 1)
        axes.set_xticks([0.0, 0.5, 1.0])
        axes.tick_params(labelbottom=True)
    for axes in grid[len(counts) :]:
        axes.set_visible(False)
    if log:
        grid[0].set_yscale("log")
        grid[0].set_ylim(bottom=floor)
        grid[0].yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        grid[0].yaxis.set_minor_formatter(NullFormatter())
    # PercentFormatter rounds by the range of the axis: on a logarithmic one, all shares below 1% would read "0%".
    grid[0].yaxis.set_major_formatter(lambda share, _: f"{100 * share:.6g}%")
    figure.supxlabel("pixel value", fontsize=9, color=INK)
    figure.supylabel("share of values (log scale)" if log else "share of values", fontsize=9, color=INK)
    return finish(figure)
