"""Risk-coverage curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import PercentFormatter

from kerasae.report.style import INK, finish, look, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from matplotlib.figure import Figure

MIN_COVERAGE = 0.02  # below, a single wrong prediction makes the curve jump


def risk(curves: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """Draw the share of wrong predictions among accepted in-distribution images against the share accepted.

    Args:
        curves: coverage and risk of each score, float (n,) in [0, 1] each.
    """
    figure = new_figure(2.9)
    axes = figure.add_subplot()
    tidy(axes)
    for index, (name, (coverage, wrong)) in enumerate(curves.items()):
        style, shown = look(index), coverage >= MIN_COVERAGE
        axes.plot(coverage[shown], wrong[shown], ls=style.line, c=style.colour, lw=1.8, label=name)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0, decimals=None))
    axes.set_xlim(0, 1.0)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("in-distribution images accepted, lowest scores first", color=INK)
    axes.set_ylabel("wrong predictions", color=INK)
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=9, labelcolor=INK)
    return finish(figure)
