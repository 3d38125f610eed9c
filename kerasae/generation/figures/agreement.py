"""How often the judge names the class that was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import PercentFormatter

from kerasae.report.figures.style import FAINT, INK, drawables, finish, look, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

REAL = "real images"


def agreement(values: Mapping[str, Mapping[str, float]], classes: Sequence[str]) -> Figure:
    """Draw a row a class and a mark a method; real images are the grey one.

    Args:
        values: by method, the share of each class's images whose class the judge named.
        classes: their order, from the top; a class that is missing of a method has no mark.
    """
    height = 0.27 + 0.05 * max(len(values) - 2, 0)
    figure = new_figure(1.0 + height * len(classes))
    axes = figure.add_subplot()
    tidy(axes, grid="x")
    lowest = min(value for shares in values.values() for value in shares.values())
    places = {name: place for place, name in enumerate(classes)}
    made = [method for method in values if method != REAL]
    for index, (method, shares) in enumerate(values.items()):
        style = look(index)
        real = method == REAL
        # Methods side by side within a row, so that none lies under another.
        shift = 0.0 if real else 0.5 * ((made.index(method) + 0.5) / len(made) - 0.5)
        axes.plot(
            list(shares.values()),
            [places[name] + shift for name in shares],
            ls="",
            marker="|" if real else style.marker,
            ms=13 if real else 6.0,
            mew=2.2 if real else 1.0,
            c=FAINT if real else style.colour,
            label=method,
            zorder=2 if real else 3,
            clip_on=False,
        )
    axes.set_yticks(np.arange(len(classes)), drawables(list(classes), 18), color=INK)
    axes.set_ylim(len(classes) - 0.5, -0.5)
    axes.set_xlim(min(0.9, max(-0.02, lowest - 0.03)), 1.0)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))
    axes.set_xlabel("images in which the judge sees the class", color=INK)
    axes.tick_params(axis="y", length=0)
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=9, labelcolor=INK)
    return finish(figure)
