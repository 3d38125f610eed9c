"""Histograms of the weights of a model's kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kerasae.report.kernel_histogram import axis_limit, bin_edges, draw_histogram, hide_density_axis
from kerasae.report.style import BLUE, INK, drawable, finish, new_figure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from kerasae.report.kernel_histogram import Kernel

MAX_KERNELS = 24
COLUMNS = 3


def weights(kernels: Mapping[str, Kernel]) -> Figure:
    """Draw a histogram for each kernel, or for `MAX_KERNELS` evenly spaced ones.

    Args:
        kernels: by the title of each panel, from the first layer to the last.
    """
    names = list(kernels)
    if len(names) > MAX_KERNELS:
        names = [names[index] for index in np.linspace(0, len(names) - 1, MAX_KERNELS).astype(int)]
    rows = -(-len(names) // COLUMNS)
    figure = new_figure(0.4 + 1.0 * rows)
    panels = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for axes, name in zip(panels, names, strict=False):
        hide_density_axis(axes)
        kernel = kernels[name]
        draw_histogram(axes, kernel, bin_edges(axis_limit(kernel), len(kernel.trained)), BLUE)
        axes.set_title(drawable(name, 28), fontsize=7.5, color=INK)
    for axes in panels[len(names) :]:
        axes.set_axis_off()
    figure.supxlabel("weight", fontsize=9, color=INK)
    return finish(figure)
