"""How the weights of kernels are distributed, before training and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.ticker import MaxNLocator

from kerasae.report.figures.style import BLUE, INK, drawable, finish, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_BINS = 61
SHOWN = 0.999  # the share of weights that the axis reaches over; a few far ones would press the rest together
MOST_KERNELS = 24
COLUMNS = 3


class Kernel(NamedTuple):
    """The weights of a kernel, flat; `initial` is None where training began with another run's."""

    trained: np.ndarray
    initial: np.ndarray | None


def reach(kernel: Kernel) -> float:
    """Return how far from 0 the axis has to go."""
    sides = [np.quantile(np.abs(one), SHOWN) for one in kernel if one is not None and len(one)]
    return float(max([*sides, 1e-6]))


def bin_edges(end: float, count: int) -> np.ndarray:
    """Return the edges of bins from -`end` to `end`, as many as `count` weights fill."""
    return np.linspace(-end, end, int(np.clip(np.sqrt(2 * count), 10, MOST_BINS)) + 1)


def histogram(axes: Axes, kernel: Kernel, edges: np.ndarray, colour: str) -> None:
    """Draw trained weights filled, the initial ones as a dark outline; the outermost bins hold what lies beyond."""
    axes.hist(np.clip(kernel.trained, edges[0], edges[-1]), edges.tolist(), density=True, color=colour, alpha=0.75)
    if kernel.initial is not None:
        outline, _ = np.histogram(np.clip(kernel.initial, edges[0], edges[-1]), edges, density=True)
        axes.stairs(outline, edges, color=INK, lw=0.9)


def bare(axes: Axes) -> None:
    """Leave only the axis of the weights."""
    tidy(axes, grid=None)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(3, symmetric=True))
    axes.tick_params(axis="x", labelsize=7)


def kernels(found: Mapping[str, Kernel]) -> Figure:
    """Draw the weights of up to `MOST_KERNELS` kernels of one model, from the first to the last.

    Args:
        found: by the name over each panel, in order.
    """
    names = list(found)
    if len(names) > MOST_KERNELS:
        names = [names[index] for index in np.linspace(0, len(names) - 1, MOST_KERNELS).astype(int)]
    rows = -(-len(names) // COLUMNS)
    figure = new_figure(0.4 + 1.0 * rows)
    grid = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for axes, name in zip(grid, names, strict=False):
        bare(axes)
        histogram(axes, found[name], bin_edges(reach(found[name]), len(found[name].trained)), BLUE)
        axes.set_title(drawable(name, 28), fontsize=7.5, color=INK)
    for axes in grid[len(names) :]:
        axes.set_axis_off()
    figure.supxlabel("weight", fontsize=9, color=INK)
    return finish(figure)
