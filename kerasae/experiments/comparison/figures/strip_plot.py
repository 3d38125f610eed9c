"""Panels with one row for each recipe, on which scores and differences are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from kerasae.report.style import INK, drawables, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def strip_plot(names: Sequence[str], titles: Sequence[str], number_format: str) -> tuple[Figure, list[Axes]]:
    """Return a figure with an empty panel for each title, two side by side.

    Args:
        names: of the rows, from top to bottom; row i is at height i.
        titles: of the panels.
        number_format: of the values on the horizontal axes, such as "{x:.4g}".
    """
    columns = min(2, len(titles))
    rows = -(-len(titles) // columns)
    figure = new_figure(rows * (0.75 + 0.27 * len(names)), 2.0 + 3.6 * columns)
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
    for axes in grid.flat[len(titles) :]:
        axes.set_visible(False)
    panels = list(grid.flat[: len(titles)])
    for axes, title in zip(panels, titles, strict=True):
        tidy(axes, grid="x")
        axes.set_title(title, fontsize=10, color=INK, loc="left")
        axes.use_sticky_edges = False
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(StrMethodFormatter(number_format))
        axes.tick_params(axis="x", labelsize=8)
        axes.margins(x=0.12)
        axes.set_yticks(range(len(names)), drawables(names, 24), color=INK)
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(len(names) - 0.5, -0.5)
    return figure, panels
