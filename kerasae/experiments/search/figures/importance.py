"""The importance of each parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kerasae.report.style import BLUE, INK, drawables, finish, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure


def importance(names: Sequence[str], means: np.ndarray, deviations: np.ndarray) -> Figure:
    """Draw a bar for each parameter, the longest on top, with a line of one standard deviation to each side.

    Args:
        names: of the parameters.
        means: the loss of R² when the parameter's values are shuffled, float (n,).
        deviations: standard deviations over shuffles, float (n,).
    """
    order = np.argsort(-means, kind="stable")
    means, deviations = means[order], deviations[order]
    figure = new_figure(0.75 + 0.3 * len(names))
    axes = figure.add_subplot()
    tidy(axes, grid="x")
    rows = np.arange(len(names))
    axes.barh(rows, np.maximum(means, 0.0), 0.62, color=BLUE)
    axes.hlines(rows, np.maximum(means - deviations, 0.0), means + deviations, color=INK, lw=1.1)
    axes.set_yticks(rows, drawables([names[index] for index in order], 34), color=INK)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(left=0)
    axes.set_xlabel("loss of explained variance (R²) when shuffled", color=INK)
    return finish(figure)
