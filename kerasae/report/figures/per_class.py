"""How well each class is recognised, and on how many images that was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from kerasae.report.figures.style import BLUE, FAINT, GREEN, INK, ORANGE, drawables, finish, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

BARS = (("precision", BLUE), ("recall", ORANGE), ("f1", GREEN))
NUMBERED_CLASSES = 15


def per_class(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw precision, recall and F1 of each class as bars, lowest F1 first, with the support beside them.

    Args:
        rows: "name", "precision", "recall", "f1" in [0, 1] or None where not defined, and "support", by class.
    """
    rows = sorted(rows, key=lambda row: (row["f1"] is None, row["f1"]))
    height = float(np.clip(6.0 / len(rows), 0.2, 0.46))
    figure = new_figure(0.95 + height * len(rows))
    axes, supports = figure.subplots(1, 2, sharey=True, width_ratios=[3.4, 1])
    places = np.arange(len(rows))
    for offset, (key, colour) in zip((-0.27, 0.0, 0.27), BARS, strict=True):
        values = np.array([np.nan if row[key] is None else row[key] for row in rows], float)
        axes.barh(places + offset, values, 0.25, color=colour, label="F1" if key == "f1" else key)
        if len(rows) <= NUMBERED_CLASSES:
            for place, value in zip(places, values, strict=True):
                text = "n/a" if np.isnan(value) else f"{value:.2f}"
                inside = not np.isnan(value) and value > 0.15
                axes.text(
                    value - 0.012 if inside else (0.0 if np.isnan(value) else value) + 0.012,
                    place + offset,
                    text,
                    ha="right" if inside else "left",
                    va="center_baseline",
                    fontsize=6,
                    color=INK if not inside or key == "recall" else "white",
                )
    small = len(rows) > 25
    axes.set_yticks(places, drawables([row["name"] for row in rows], 18), fontsize=7 if small else 9, color=INK)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(0, 1)
    tidy(axes, grid="x")
    axes.tick_params(axis="y", length=0, labelsize=7 if small else 9)
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=9, labelcolor=INK)

    support = [row["support"] for row in rows]
    supports.barh(places, support, 0.6, color="#c9ced6")
    for place, value in zip(places, support, strict=True):
        supports.text(
            max(support) * 0.04, place, f"{value:,}", va="center_baseline", fontsize=6.5 if small else 8, color=INK
        )
    supports.set_xlabel("test images", color=INK, fontsize=9)
    supports.xaxis.set_major_locator(MaxNLocator(2, integer=True))
    tidy(supports, grid=None)
    supports.tick_params(axis="y", length=0, labelleft=False)
    supports.spines["left"].set_color(FAINT)
    return finish(figure)
