"""What each recipe reached, run by run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from kerasae.experiments.comparison.figures.strip_plot import lanes
from kerasae.report.style import INK, finish, look

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Panel = tuple[str, Sequence[Sequence[float]]]


def scores(names: Sequence[str], panels: Sequence[Panel]) -> Figure:
    """Draw a panel a measure: a bar from the mean minus to the mean plus a standard deviation, every run a point.

    The axes do not begin at zero, so that lengths tell of the spread and places of the value.

    Args:
        names: the recipes, from top to bottom.
        panels: title with the unit, and each recipe's values, of which there may be none.
    """
    figure, drawn = lanes(names, [title for title, _ in panels], "{x:.4g}")
    for axes, (_, values) in zip(drawn, panels, strict=True):
        for place, runs in enumerate(values):
            if not len(runs):
                continue
            style = look(place)
            mean, deviation = np.mean(runs), np.std(runs, ddof=1) if len(runs) > 1 else 0.0
            axes.barh(place, 2 * deviation, 0.56, left=mean - deviation, color=style.colour, alpha=0.28, lw=0)
            axes.plot([mean, mean], [place - 0.36, place + 0.36], c=style.colour, lw=2.2)
            axes.scatter(runs, [place] * len(runs), 20, INK, marker=style.marker, alpha=0.75, lw=0, zorder=3)
    return finish(figure)
