"""Histograms of a kernel's weights, before and after training."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.ticker import MaxNLocator

from kerasae.report.style import INK, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MIN_BINS, MAX_BINS = 10, 61
AXIS_QUANTILE = 0.999  # of absolute weights at which the axis ends; a few outliers would compress the rest


class Kernel(NamedTuple):
    """The weights of a kernel, each float (n,); `initial` is None if training started from another run's weights."""

    trained: np.ndarray
    initial: np.ndarray | None


def axis_limit(kernel: Kernel) -> float:
    """Return the absolute weight at which the axis of a kernel's histogram ends."""
    quantiles = [np.quantile(np.abs(values), AXIS_QUANTILE) for values in kernel if values is not None and len(values)]
    return float(max([*quantiles, 1e-6]))


def bin_edges(limit: float, num_weights: int) -> np.ndarray:
    """Return the edges of bins from -`limit` to `limit`, more bins for more weights."""
    return np.linspace(-limit, limit, int(np.clip(np.sqrt(2 * num_weights), MIN_BINS, MAX_BINS)) + 1)


def draw_histogram(axes: Axes, kernel: Kernel, edges: np.ndarray, colour: str) -> None:
    """Draw trained weights filled and initial weights as a dark outline; outliers count in the outermost bins."""
    axes.hist(np.clip(kernel.trained, edges[0], edges[-1]), edges.tolist(), density=True, color=colour, alpha=0.75)
    if kernel.initial is not None:
        outline, _ = np.histogram(np.clip(kernel.initial, edges[0], edges[-1]), edges, density=True)
        axes.stairs(outline, edges, color=INK, lw=0.9)


def hide_density_axis(axes: Axes) -> None:
    """Hide the vertical axis, and keep the horizontal axis of the weights."""
    tidy(axes, grid=None)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(3, symmetric=True))
    axes.tick_params(axis="x", labelsize=7)
