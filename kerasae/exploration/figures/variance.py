"""The variance that principal components explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from kerasae.report.style import drawable, finish, look, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure


def variance(shares: Mapping[str, np.ndarray]) -> Figure:
    """Draw the cumulative share of the variance that the first principal components explain.

    Args:
        shares: by the title of the space, float (k,), the share of each component.
    """
    figure = new_figure(3.0)
    axes = figure.subplots()
    tidy(axes)
    for index, (title, values) in enumerate(shares.items()):
        style = look(index)
        cumulative = 100 * np.cumsum(values)
        axes.plot(
            np.arange(1, len(cumulative) + 1), cumulative, color=style.colour, ls=style.line, marker=style.marker,
            ms=3.5, label=drawable(title),
        )  # fmt: skip
    axes.set_ylim(0, 103)
    axes.set_xlabel("principal components", fontsize=9)
    axes.set_ylabel("explained variance (%)", fontsize=9)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(fontsize=8.5, frameon=False, loc="lower right")
    return finish(figure)
