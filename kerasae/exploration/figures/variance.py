"""How many directions a space really has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from kerasae.report.figures.style import drawable, finish, look, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure


def variance(shares: Mapping[str, np.ndarray]) -> Figure:
    """Draw the share of the variance that the first principal components explain together.

    Args:
        shares: by name of the space, float (k,): each component's share.
    """
    figure = new_figure(3.0)
    axes = figure.subplots()
    tidy(axes)
    for index, (name, values) in enumerate(shares.items()):
        seen = look(index)
        total = np.cumsum(values)
        axes.plot(
            np.arange(1, len(total) + 1), 100 * total, color=seen.colour, ls=seen.line, marker=seen.marker, ms=3.5,
            label=drawable(name),
        )  # fmt: skip
    axes.set_ylim(0, 103)
    axes.set_xlabel("principal components", fontsize=9)
    axes.set_ylabel("variance explained, %", fontsize=9)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(fontsize=8.5, frameon=False, loc="lower right")
    return finish(figure)
