"""The classes of samples of no given class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import PercentFormatter

from kerasae.report.style import BLUE, FAINT, INK, drawables, finish, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from kerasae.generation.result import ClassShare


def balance(shares: Mapping[str, ClassShare]) -> Figure:
    """Draw the share of each class, as predicted by the judge, and that of the training images.

    Args:
        shares: by class name.
    """
    figure = new_figure(1.0 + 0.27 * len(shares))
    axes = figure.add_subplot()
    tidy(axes, grid="x")
    positions = np.arange(len(shares))
    axes.barh(positions, [share.share for share in shares.values()], 0.62, color=BLUE, label="samples")
    axes.plot(
        [share.training for share in shares.values()], positions, ls="", marker="|", ms=13, mew=2.2, c=FAINT,
        label="training images",
    )  # fmt: skip
    axes.set_yticks(positions, drawables(list(shares), 18), color=INK)
    axes.set_ylim(len(shares) - 0.5, -0.5)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlabel("share of images", color=INK)
    axes.tick_params(axis="y", length=0)
    figure.legend(loc="outside upper center", ncols=2, frameon=False, fontsize=9, labelcolor=INK)
    return finish(figure)
