"""Histograms of kernels, before and after training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kerasae.report.kernel_histogram import Kernel, axis_limit, bin_edges, draw_histogram, hide_density_axis
from kerasae.report.style import FAINT, INK, drawable, finish, look, new_figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure


def weights(kernels: Mapping[str, Mapping[str, Kernel]], names: Sequence[str]) -> Figure:
    """Draw a row for each recipe and a column for each kernel: trained weights filled, initial ones as an outline.

    Args:
        kernels: by recipe and kernel name.
        names: all recipes, whose order determines their colours; those without kernels are left out.
    """
    rows = [(index, name) for index, name in enumerate(names) if name in kernels]
    columns = list(dict.fromkeys(column for _, name in rows for column in kernels[name]))
    figure = new_figure(0.75 + 0.85 * len(rows), 1.6 + 1.95 * len(columns))
    grid = figure.subplots(len(rows), len(columns), sharex="col", squeeze=False)
    for position, column in enumerate(columns):
        shown = [kernels[name][column] for _, name in rows if column in kernels[name]]
        edges = bin_edges(max(map(axis_limit, shown)), min(len(kernel.trained) for kernel in shown))
        for axes, (index, name) in zip(grid[:, position], rows, strict=True):
            hide_density_axis(axes)
            if column in kernels[name]:
                draw_histogram(axes, kernels[name][column], edges, look(index).colour)
            else:
                axes.text(0.5, 0.4, "none", transform=axes.transAxes, ha="center", fontsize=8, color=FAINT)
        grid[0, position].set_title(column, fontsize=9, color=INK)
    for axes, (_, name) in zip(grid[:, 0], rows, strict=True):
        axes.set_ylabel(drawable(name, 20), rotation=0, ha="right", va="center", fontsize=9, color=INK)
    figure.supxlabel("weight", fontsize=9, color=INK)
    return finish(figure)
