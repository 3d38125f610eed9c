"""What the trials reached against what they cost, with the front that no other trial beats in both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter

from kerasae.experiments.search.figures.trial_style import Marks, legend, scatter
from kerasae.report.axes import LOG_RATIO
from kerasae.report.style import GREEN, INK, drawable, finish, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure


def costs(columns: Mapping[str, np.ndarray], marks: Marks) -> Figure:
    """Draw a panel a cost, the objective upward, and the Pareto front of the trials that were trained to the end.

    Args:
        columns: by what to call a cost, float (n,), NaN where a trial has none.
        marks: the trials.
    """
    figure = new_figure(3.6, 4.5 * len(columns) if len(columns) > 1 else 5.2)
    panels = figure.subplots(1, len(columns), sharey=True, squeeze=False)[0]
    for axes, (name, values) in zip(panels, columns.items(), strict=True):
        tidy(axes)
        front = [place for place in pareto(values, marks) if not marks.pruned[place]]
        axes.plot(values[front], marks.scores[front], c=GREEN, lw=1.6, zorder=2, label="the Pareto front")
        scatter(axes, values, marks)
        known = values[np.isfinite(values)]
        if len(known) and known.min() > 0 and known.max() > LOG_RATIO * known.min():
            axes.set_xscale("log")
            axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axes.xaxis.set_minor_formatter(NullFormatter())
        else:
            axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.4g}" if known.max(initial=0) < 1000 else "{x:,.0f}"))
        axes.tick_params(axis="x", labelsize=8, labelrotation=20)
        axes.set_xlabel(name, color=INK)
    panels[0].set_ylabel(drawable(marks.objective, 40), color=INK)
    legend(panels[0])
    return finish(figure)


def pareto(values: np.ndarray, marks: Marks) -> list[int]:
    """Return the places that no cheaper trial, trained to the end, is as good as; by rising cost."""
    sign = 1.0 if marks.larger else -1.0
    able = [place for place in range(len(values)) if np.isfinite(values[place]) and not marks.pruned[place]]
    front: list[int] = []
    for place in sorted(able, key=lambda place: (values[place], -sign * marks.scores[place])):
        if not front or sign * marks.scores[place] > sign * marks.scores[front[-1]]:
            front.append(place)
    return front
