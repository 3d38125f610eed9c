"""A sheet of pictures in rows: a class a row, or a way from one end to the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from kerasae.report.figures.style import INK, VERMILLION, drawable, finish
from kerasae.report.figures.tiles import show

WIDTH = 4.8  # inches
LETTER = 0.085  # inches, of a letter at 9 points
LONGEST_NAME = 14
GAP = 0.03


def sheet(
    rows: Sequence[np.ndarray],
    names: Sequence[str],
    wrong: Sequence[np.ndarray] | None = None,
    *,
    columns: int,
    captions: Sequence[Sequence[str]] | None = None,
) -> Figure:
    """Draw rows of pictures with a name beside each.

    Args:
        rows: uint8 (n, H, W, C) each, n up to `columns`.
        names: beside the rows; "" for none.
        wrong: bool (n,) a row: which pictures get a red frame; None frames none.
        columns: the most pictures side by side.
        captions: words under each picture, a row each; None writes none.
    """
    longest = max((min(len(name), LONGEST_NAME) for name in names), default=0)
    left = 0.12 + LETTER * longest if longest else 0.06
    below = 0.16 if captions is not None else 0.0
    width = (WIDTH - left - 0.06) / columns
    height = width * float(np.clip(rows[0].shape[1] / rows[0].shape[2], 0.4, 1.6))
    total = len(rows) * (height + below) + 0.1
    figure = Figure((WIDTH, total), dpi=200, facecolor="white")
    for index, pictures in enumerate(rows):
        top = total - 0.05 - index * (height + below)
        if names[index]:
            figure.text(
                (left - 0.08) / WIDTH, (top - height / 2) / total, drawable(names[index], LONGEST_NAME),
                ha="right", va="center", fontsize=9, color=INK,
            )  # fmt: skip
        for column, picture in enumerate(pictures):
            place = (left + column * width + GAP / 2, top - height + GAP / 2)
            box = (place[0] / WIDTH, place[1] / total, (width - GAP) / WIDTH, (height - GAP) / total)
            axes = figure.add_axes(box)
            axes.set_axis_off()
            show(axes, picture)
            if wrong is not None and wrong[index][column]:
                frame = Rectangle(
                    (0, 0), 1, 1, transform=axes.transAxes, fill=False, ec=VERMILLION, lw=2.0, clip_on=False
                )
                axes.add_patch(frame)
            if captions is not None:
                figure.text(
                    (place[0] + width / 2) / WIDTH, (place[1] - GAP / 2 - 0.02) / total,
                    drawable(captions[index][column], max(3, int(width / 0.075))),
                    ha="center", va="top", fontsize=7.5, color=INK,
                )  # fmt: skip
    return finish(figure)
