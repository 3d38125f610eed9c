"""Parallel coordinates: every trial a line through what was drawn for it, to what came of it."""

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

    from matplotlib.figure import Figure

    from kerasae.experiments.search.figures.trial_style import Marks

ABSENT = -0.13  # where the lines of trials go through an axis that was not varied beside their other values
HEIGHT = 4.6


def parallel(axes_of: Sequence[Axis], marks: Marks) -> Figure:
    """Draw an axis a parameter and one for the objective; pruned trials are dashed, the best one is red.

    Args:
        axes_of: of the parameters, with the trials' places on them.
        marks: the trials.
    """
    shown = [*axes_of, Axis.of_numbers(marks.objective, marks.scores)]
    figure = new_figure(HEIGHT, max(6.0, 1.5 + 1.25 * len(shown)))
    axes = figure.add_subplot()
    axes.set_axis_off()
    places = np.array([one.places for one in shown])
    absent = ~np.isfinite(places)
    places = np.where(absent, ABSENT, places)
    scale = Normalize(float(marks.scores.min()), float(marks.scores.max()))
    colours = matplotlib.colormaps["cividis_r" if marks.larger else "cividis"]
    order = np.argsort(marks.scores if marks.larger else -marks.scores, kind="stable")
    for trial in order:
        best = trial == marks.best
        axes.plot(
            places[:, trial],
            ls=(0, (3, 2)) if marks.pruned[trial] else "-",
            c=VERMILLION if best else colours(scale(marks.scores[trial])),
            lw=2.6 if best else 1.3,
            alpha=1.0 if best else 0.8,
            zorder=5 if best else 2,
        )
    for place, one in enumerate(shown):
        axes.plot([place, place], [0, 1], c=FAINT, lw=1, zorder=3)
        axes.text(place, 1.07, drawable(one.label, 24), ha="center", va="bottom", fontsize=9, color=INK, rotation=12)
        for height, text in one.ticks:
            axes.plot([place - 0.02, place + 0.02], [height, height], c=FAINT, lw=1, zorder=3)
            axes.text(
                place + 0.045,
                height,
                drawable(text, 14),
                va="center",
                fontsize=7.5,
                color=INK,
                zorder=6,
                bbox={"facecolor": "white", "alpha": 0.75, "lw": 0, "pad": 0.6},
            )
        if absent[place].any():
            box = {"facecolor": "white", "alpha": 0.75, "lw": 0, "pad": 0.6}
            axes.text(place + 0.045, ABSENT, "not varied", va="center", fontsize=7.5, color=INK, zorder=6, bbox=box)
    axes.set_xlim(-0.35, len(shown) - 0.35)
    axes.set_ylim(-0.2, 1.3)
    if np.ptp(marks.scores) > 0:
        bar = figure.colorbar(ScalarMappable(scale, colours), ax=axes, shrink=0.7, pad=0.01, aspect=30)
        bar.set_label(drawable(marks.label, 60), color=INK, fontsize=9)
        bar.ax.tick_params(labelsize=8, color=FAINT, labelcolor=INK)
        bar.outline.set_visible(False)
    return finish(figure)
