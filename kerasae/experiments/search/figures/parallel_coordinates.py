"""Parallel coordinates: each trial as a line through its drawn values to its score."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from kerasae.experiments.search.axes import Axis
from kerasae.report.style import FAINT, INK, VERMILLION, drawable, finish, new_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from kerasae.experiments.search.figures.trial_style import ScoredTrials

INACTIVE = -0.13  # height at which the lines of trials pass an axis whose parameter is not active
HEIGHT = 4.6
TICK_BOX = {"facecolor": "white", "alpha": 0.75, "lw": 0, "pad": 0.6}


def parallel_coordinates(axes_of_parameters: Sequence[Axis], trials: ScoredTrials) -> Figure:
    """Draw an axis for each parameter and one for the objective; pruned trials are dashed, the best one is red.

    Args:
        axes_of_parameters: with the positions of the trials.
        trials: the trials.
    """
    columns = [*axes_of_parameters, Axis.of_numbers(trials.objective, trials.scores)]
    figure = new_figure(HEIGHT, max(6.0, 1.5 + 1.25 * len(columns)))
    axes = figure.add_subplot()
    axes.set_axis_off()
    scale = Normalize(float(trials.scores.min()), float(trials.scores.max()))
    colours = matplotlib.colormaps["cividis_r" if trials.larger else "cividis"]
    positions = np.array([axis.positions for axis in columns])
    heights = np.where(np.isfinite(positions), positions, INACTIVE)
    for trial in np.argsort(trials.scores if trials.larger else -trials.scores, kind="stable"):
        is_best = trial == trials.best
        axes.plot(
            heights[:, trial],
            ls=(0, (3, 2)) if trials.pruned[trial] else "-",
            c=VERMILLION if is_best else colours(scale(trials.scores[trial])),
            lw=2.6 if is_best else 1.3,
            alpha=1.0 if is_best else 0.8,
            zorder=5 if is_best else 2,
        )
    for x, axis in enumerate(columns):
        _draw_axis(axes, x, axis)
    axes.set_xlim(-0.35, len(columns) - 0.35)
    axes.set_ylim(-0.2, 1.3)
    if np.ptp(trials.scores) > 0:
        bar = figure.colorbar(ScalarMappable(scale, colours), ax=axes, shrink=0.7, pad=0.01, aspect=30)
        bar.set_label(drawable(trials.label, 60), color=INK, fontsize=9)
        bar.ax.tick_params(labelsize=8, color=FAINT, labelcolor=INK)
        bar.outline.set_visible(False)
    return finish(figure)


def _draw_axis(axes: Axes, x: int, axis: Axis) -> None:
    """Draw a vertical line with its name, its ticks, and where inactive trials pass it."""
    axes.plot([x, x], [0, 1], c=FAINT, lw=1, zorder=3)
    axes.text(x, 1.07, drawable(axis.label, 24), ha="center", va="bottom", fontsize=9, color=INK, rotation=12)
    labels = [(height, drawable(text, 14)) for height, text in axis.ticks]
    for height, _ in labels:
        axes.plot([x - 0.02, x + 0.02], [height, height], c=FAINT, lw=1, zorder=3)
    if not np.isfinite(axis.positions).all():
        labels.append((INACTIVE, "not active"))
    for height, text in labels:
        axes.text(x + 0.045, height, text, va="center", fontsize=7.5, color=INK, zorder=6, bbox=TICK_BOX)
