"""The objective over each cost, with the Pareto front."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter

from kerasae.experiments.search.figures.trial_style import ScoredTrials, legend, scatter
from kerasae.report.axes import LOG_RATIO
from kerasae.report.style import GREEN, INK, drawable, finish, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def pareto_front(costs: Mapping[str, np.ndarray], trials: ScoredTrials) -> Figure:
    """Draw a panel for each cost, the objective upward, and the Pareto front of the completed trials.

    Args:
        costs: by name, float (n,), NaN for trials without the cost.
        trials: the trials.
    """
    figure = new_figure(3.6, 4.5 * len(costs) if len(costs) > 1 else 5.2)
    panels = figure.subplots(1, len(costs), sharey=True, squeeze=False)[0]
    for axes, (name, values) in zip(panels, costs.items(), strict=True):
        tidy(axes)
        front = pareto_indices(values, trials)
        axes.plot(values[front], trials.scores[front], c=GREEN, lw=1.6, zorder=2, label="Pareto front")
        scatter(axes, values, trials)
        _scale(axes, values[np.isfinite(values)])
        axes.set_xlabel(name, color=INK)
    panels[0].set_ylabel(drawable(trials.objective, 40), color=INK)
    legend(panels[0])
    return finish(figure)


def _scale(axes: Axes, values: np.ndarray) -> None:
    """Draw the cost on a logarithmic axis if its values differ much."""
    if len(values) and values.min() > 0 and values.max() > LOG_RATIO * values.min():
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.4g}" if values.max(initial=0) < 1000 else "{x:,.0f}"))
    axes.tick_params(axis="x", labelsize=8, labelrotation=20)


def pareto_indices(costs: np.ndarray, trials: ScoredTrials) -> list[int]:
    """Return the indices of completed trials than which no cheaper one is as good, by rising cost, float (n,)."""
    sign = 1.0 if trials.larger else -1.0
    completed = [index for index in range(len(costs)) if np.isfinite(costs[index]) and not trials.pruned[index]]
    front: list[int] = []
    for index in sorted(completed, key=lambda index: (costs[index], -sign * trials.scores[index])):
        if not front or sign * trials.scores[index] > sign * trials.scores[front[-1]]:
            front.append(index)
    return front
