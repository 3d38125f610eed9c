"""What it buys to leave the most unusual images unanswered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import PercentFormatter

from kerasae.report.style import INK, finish, look, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from matplotlib.figure import Figure

FIRST = 0.02  # of the coverage: below, a single wrong answer makes the curve jump


def risk(curves: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """Draw the share of wrong answers among the known images that are answered, against the share answered."""
    figure = new_figure(2.9)
    axes = figure.add_subplot()
    tidy(axes)
    for index, (name, (coverage, wrong)) in enumerate(curves.items()):
        style, seen = look(index), coverage >= FIRST
        axes.plot(coverage[seen], wrong[seen], ls=style.line, c=style.colour, lw=1.8, label=name)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0, decimals=None))
    axes.set_xlim(0, 1.0)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("known images answered, the most usual first", color=INK)
    axes.set_ylabel("wrong answers", color=INK)
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=9, labelcolor=INK)
    return finish(figure)
