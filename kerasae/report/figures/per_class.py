"""Precision, recall and F1 of each class, with the number of images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from kerasae.report.style import BLUE, FAINT, GREEN, INK, ORANGE, drawables, finish, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

BARS = (("precision", BLUE), ("recall", ORANGE), ("f1", GREEN))
MAX_CLASSES_WITH_NUMBERS = 15


def per_class(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw precision, recall and F1 of each class as bars, the lowest F1 first, and the support beside them.

    Args:
        rows: of each class "name", "precision", "recall" and "f1" in [0, 1] or None where undefined, and "support".
    """
    rows = sorted(rows, key=lambda row: (row["f1"] is None, row["f1"]))
    height = float(np.clip(6.0 / len(rows), 0.2, 0.46))
    figure = new_figure(0.95 + height * len(rows))
    axes, supports = figure.subplots(1, 2, sharey=True, width_ratios=[3.4, 1])
    positions = np.arange(len(rows))
    for offset, (key, colour) in zip((-0.27, 0.0, 0.27), BARS, strict=True):
        values = np.array([np.nan if row[key] is None else row[key] for row in rows], float)
        axes.barh(positions + offset, values, 0.25, color=colour, label="F1" if key == "f1" else key)
        if len(rows) <= MAX_CLASSES_WITH_NUMBERS:
            for position, value in zip(positions, values, strict=True):
                text = "n/a" if np.isnan(value) else f"{value:.2f}"
                inside = not np.isnan(value) and value > 0.15
                axes.text(
                    value - 0.012 if inside else (0.0 if np.isnan(value) else value) + 0.012,
                    position + offset,
                    text,
                    ha="right" if inside else "left",
                    va="center_baseline",
                    fontsize=6,
                    color=INK if not inside or key == "recall" else "white",
                )
    small = len(rows) > 25
    axes.set_yticks(positions, drawables([row["name"] for row in rows], 18), fontsize=7 if small else 9, color=INK)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(0, 1)
    tidy(axes, grid="x")
    axes.tick_params(axis="y", length=0, labelsize=7 if small else 9)
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=9, labelcolor=INK)

    support = [row["support"] for row in rows]
    supports.barh(positions, support, 0.6, color="#c9ced6")
    for position, value in zip(positions, support, strict=True):
        supports.text(
            max(support) * 0.04, position, f"{value:,}", va="center_baseline", fontsize=6.5 if small else 8, color=INK
        )
    supports.set_xlabel("test images", color=INK, fontsize=9)
    supports.xaxis.set_major_locator(MaxNLocator(2, integer=True))
    tidy(supports, grid=None)
    supports.tick_params(axis="y", length=0, labelleft=False)
    supports.spines["left"].set_color(FAINT)
    return finish(figure)
