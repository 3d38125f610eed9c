"""How far each recipe is from the first one, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kerasae.experiments.comparison.figures.strip_plot import lanes
from kerasae.report.style import FAINT, finish, look

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Panel = tuple[str, Sequence[Mapping[str, Any] | None]]


def differences(names: Sequence[str], panels: Sequence[Panel]) -> Figure:
    """Draw a panel a measure: the mean paired difference of each recipe with its 95% interval, and a line at none.

    Args:
        names: the recipes but for the first one, from top to bottom.
        panels: title with unit and better side, and for each recipe "mean", "low" and "high".
    """
    figure, drawn = lanes(names, [title for title, _ in panels], "{x:+.4g}")
    for axes, (_, found) in zip(drawn, panels, strict=True):
        axes.axvline(0.0, color=FAINT, lw=1.2, ls="--")
        for place, row in enumerate(found):
            if row is None:
                continue
            style = look(place + 1)
            if row["low"] is not None:
                axes.plot([row["low"], row["high"]], [place, place], c=style.colour, lw=2.2, solid_capstyle="butt")
            axes.plot(row["mean"], place, style.marker, c=style.colour, ms=7, mec="white", mew=0.8)
    return finish(figure)
