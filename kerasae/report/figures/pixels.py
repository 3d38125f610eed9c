"""How often each brightness occurs, set beside set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import LogLocator, NullFormatter

from kerasae.report.figures.style import BLUE, GREEN, INK, ORANGE, VERMILLION, drawable, finish, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

COLOURS = (BLUE, VERMILLION, GREEN, ORANGE)
BINS = 32  # of 8 levels each
BESIDE = 3  # sets in one row
TALL = 8.0  # a bin so many times as high as the others' median hides them on a linear axis


def pixels(counts: Mapping[str, np.ndarray]) -> Figure:
    """Draw the histogram of each set's pixel values, all on the same axes' scales, with mean and deviation.

    Args:
        counts: int (256,), how often each value occurs, by the set's name.
    """
    columns = 2 if len(counts) == 4 else min(len(counts), BESIDE)
    rows = -(-len(counts) // columns)
    figure = new_figure(0.7 + 1.9 * rows, width=max(5.2, 2.5 * columns))
    grid = np.atleast_1d(figure.subplots(rows, columns, sharex=True, sharey=True)).ravel()
    edges = np.linspace(0, 1, BINS + 1)
    shares = {name: values.reshape(BINS, -1).sum(1) / values.sum() for name, values in counts.items()}
    every = np.concatenate([values[values > 0] for values in shares.values()])
    log = bool(every.max() > TALL * np.median(every))
    floor = every.min() / 2 if log else 0.0
    for number, (axes, (name, values)) in enumerate(zip(grid, counts.items(), strict=False)):
        tidy(axes)
        heights, colour = np.maximum(shares[name], floor), COLOURS[number % len(COLOURS)]
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
    # PercentFormatter rounds by the axis' range, so that on a logarithmic one its shares below 1% are all "0%".
    grid[0].yaxis.set_major_formatter(lambda share, _: f"{100 * share:.6g}%")
    figure.supxlabel("pixel value", fontsize=9, color=INK)
    figure.supylabel("share of values (log scale)" if log else "share of values", fontsize=9, color=INK)
    return finish(figure)
