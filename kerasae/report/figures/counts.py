"""The number of images of each class, by split."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from kerasae.report.style import BLUE, GREEN, INK, ORANGE, drawables, finish, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure


def class_counts(counts: Mapping[str, Sequence[int]], names: Sequence[str]) -> Figure:
    """Draw a bar for each class, divided by split.

    Args:
        counts: the number of images of each class, by split ("train", "validation", "test"), in this order.
        names: the name of each class, in the same order.
    """
    height = float(np.clip(5.0 / len(names), 0.17, 0.36))
    figure = new_figure(1.1 + height * len(names))
    axes = figure.add_subplot()
    tidy(axes, grid="x")
    positions = range(len(names))
    left = np.zeros(len(names))
    for (split, values), colour in zip(counts.items(), (BLUE, ORANGE, GREEN), strict=True):
        axes.barh(positions, values, 0.72, left=left, color=colour, edgecolor="white", lw=0.6, label=split)
        left += values
    axes.margins(x=0.12)
    size = 7 if len(names) > 25 else 9
    for position, total in enumerate(left.tolist()):
        axes.text(total, position, f" {total:,.0f}", va="center_baseline", fontsize=size - 1, color=INK)
    axes.set_yticks(positions, drawables(names, 22))
    axes.tick_params(axis="y", length=0, labelsize=size)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlabel("images", color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=9, labelcolor=INK)
    return finish(figure)
