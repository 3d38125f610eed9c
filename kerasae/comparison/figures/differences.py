"""How far each recipe is from the first one, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from kerasae.report.figures.style import FAINT, INK, drawables, finish, look, new_figure, tidy

Panel = tuple[str, Sequence[Mapping[str, Any] | None]]


def differences(names: Sequence[str], panels: Sequence[Panel]) -> Figure:
    """Draw a panel a measure: the mean paired difference of each recipe with its 95% interval, and a line at none.

    Args:
        names: the recipes but for the first one, from top to bottom.
        panels: title with unit and better side, and for each recipe "mean", "low" and "high".
    """
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    figure = new_figure(rows * (0.75 + 0.27 * len(names)), 2.0 + 3.6 * columns)
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    for axes, (title, found) in zip(grid.flat, panels, strict=False):
        tidy(axes, grid="x")
        axes.axvline(0.0, color=FAINT, lw=1.2, ls="--")
        for place, row in enumerate(found):
            if row is None:
                continue
            style = look(place + 1)
            if row["low"] is not None:
                axes.plot([row["low"], row["high"]], [place, place], c=style.colour, lw=2.2, solid_capstyle="butt")
            axes.plot(row["mean"], place, style.marker, c=style.colour, ms=7, mec="white", mew=0.8)
        axes.set_title(title, fontsize=10, color=INK, loc="left")
        axes.use_sticky_edges = False
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:+.4g}"))
        axes.tick_params(axis="x", labelsize=8)
        axes.margins(x=0.12)
        axes.set_yticks(range(len(names)), drawables(names, 24), color=INK)
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(len(names) - 0.5, -0.5)
    return finish(figure)
