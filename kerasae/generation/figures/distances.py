"""How far images lie from the nearest training image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import PercentFormatter

from kerasae.generation.figures.agreement import REAL
from kerasae.report.figures.style import FAINT, INK, finish, look, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

NUM_BINS = 40


def distances(values: Mapping[str, np.ndarray], copy: float | None) -> Figure:
    """Draw the shares of images by distance, a line a method, real images filled grey.

    Args:
        values: by method, float (n,), root mean squared distances on [0, 1].
        copy: the distance below which an image counts as a copy, or None.
    """
    figure = new_figure(2.9)
    axes = figure.add_subplot()
    tidy(axes)
    edges = np.linspace(0.0, max(float(np.quantile(one, 0.995)) for one in values.values()), NUM_BINS + 1).tolist()
    for index, (method, one) in enumerate(values.items()):
        weights, style = np.full(len(one), 1 / len(one)), look(index)
        clipped = np.minimum(one, edges[-1])
        if method == REAL:
            axes.hist(clipped, edges, weights=weights, color=FAINT, alpha=0.45, label=method)
        else:
            axes.hist(
                clipped,
                edges,
                weights=weights,
                color=style.colour,
                histtype="step",
                lw=1.7,
                ls=style.line,
                label=method,
            )
    if copy is not None:
        axes.axvline(copy, color=INK, ls=(0, (4, 2)), lw=1.2, label="copies lie left")
    axes.set_xlim(0, edges[-1])
    axes.set_xlabel("distance to the nearest training image", color=INK)
    axes.set_ylabel("share of images", color=INK)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=9, labelcolor=INK)
    return finish(figure)
