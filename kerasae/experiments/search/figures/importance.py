"""How much each parameter decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kerasae.report.style import BLUE, INK, drawables, finish, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure


def importance(names: Sequence[str], means: np.ndarray, deviations: np.ndarray) -> Figure:
    """Draw a bar a parameter, the longest on top, with a line of one standard deviation each way.

    Args:
        names: of the parameters.
        means: how much of the explained variance is lost when its values are shuffled, float (n,).
        deviations: over the shufflings, float (n,).
    """
    order = np.argsort(-means, kind="stable")
    figure = new_figure(0.75 + 0.3 * len(names))
    axes = figure.add_subplot()
    tidy(axes, grid="x")
    places = np.arange(len(names))
    axes.barh(places, np.maximum(means[order], 0.0), 0.62, color=BLUE)
    axes.hlines(
        places, np.maximum(means[order] - deviations[order], 0.0), means[order] + deviations[order], color=INK, lw=1.1
    )
    axes.set_yticks(places, drawables([names[index] for index in order], 34), color=INK)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(left=0)
    axes.set_xlabel("loss of explained variance (R²) when shuffled", color=INK)
    return finish(figure)
