"""Maps: a point an image, coloured by class, the misclassified ones ringed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.patheffects as effects
import numpy as np

from kerasae.report.figures.style import FAINT, INK, drawable, finish, look, new_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

    from kerasae.exploration.maps import Map

MOST_NAMES = 40
SIDE = 4.3  # inches


def maps(pair: Sequence[Map], labels: np.ndarray, wrong: np.ndarray, class_names: Sequence[str]) -> Figure:
    """Draw maps by one method side by side.

    Args:
        pair: one or two maps of the same images.
        labels: int (n,), -1 where unknown: drawn grey.
        wrong: bool (n,), named wrong: a ring around it.
        class_names: written where the middle of each class lies, or above it where another name is.
    """
    figure = new_figure(SIDE + 0.3, SIDE * len(pair) + 0.2)
    names = []
    for axes, one in zip(np.atleast_1d(figure.subplots(1, len(pair))), pair, strict=True):
        names.append(_scatter(axes, one.xy, labels, wrong, class_names))
        axes.set_aspect("equal", adjustable="datalim")  # one scale for both directions, so that distances are true
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_title(one.title, fontsize=10, color=INK)
        axes.spines[:].set_color(FAINT)
    return _apart(finish(figure), names)


def plane(
    xy: np.ndarray,
    decoded: np.ndarray | None,
    box: tuple[float, float, float, float],
    labels: np.ndarray,
    wrong: np.ndarray,
    class_names: Sequence[str],
) -> Figure:
    """Draw a latent of two values as it is, over what the decoder makes of each place.

    Args:
        xy: float (n, 2).
        decoded: uint8 (rows, columns, H, W, C), from the top left; None draws the points alone.
        box: left, right, bottom and top of the decoded plane.
        labels, wrong, class_names: as for `maps`.
    """
    figure = new_figure(6.0, 6.2)
    axes = figure.subplots()
    if decoded is not None:
        rows, columns, height, width, channels = decoded.shape
        sheet = decoded.transpose(0, 2, 1, 3, 4).reshape(rows * height, columns * width, channels)
        faint = 128 + sheet.astype(np.float32) / 2  # behind points, it is a ground
        axes.imshow(np.broadcast_to(faint, (*faint.shape[:2], 3)).astype(np.uint8), extent=box, aspect="auto", zorder=0)
    names = _scatter(axes, xy, labels, wrong, class_names)
    axes.set_xlim(box[:2])
    axes.set_ylim(box[2:])
    axes.set_xlabel("first value of the latent", fontsize=9, color=INK)
    axes.set_ylabel("second value", fontsize=9, color=INK)
    axes.tick_params(color=FAINT, labelcolor=INK, labelsize=8)
    axes.spines[:].set_color(FAINT)
    return _apart(finish(figure), [names])


def _scatter(
    axes: Axes, xy: np.ndarray, labels: np.ndarray, wrong: np.ndarray, class_names: Sequence[str]
) -> list[Text]:
    """Draw the points, and return the names of the classes, each at the median of its points."""
    size = float(np.clip(9_000 / len(xy), 2.5, 22))
    unknown = labels < 0
    axes.scatter(xy[unknown, 0], xy[unknown, 1], s=size, c=FAINT, lw=0, alpha=0.7)
    for index in range(len(class_names)):
        mine = labels == index
        seen = look(index)
        axes.scatter(xy[mine, 0], xy[mine, 1], s=size, c=seen.colour, marker=seen.marker, lw=0, alpha=0.7)
    axes.scatter(xy[wrong, 0], xy[wrong, 1], s=3 * size, facecolors="none", edgecolors=INK, lw=0.7)
    present = [index for index in range(len(class_names)) if (labels == index).any()]
    names = []
    for index in present if len(present) <= MOST_NAMES else ():
        x, y = np.median(xy[labels == index], axis=0)
        text = axes.text(
            x, y, drawable(class_names[index], 18), fontsize=8.5, weight="bold", ha="center", va="center", color=INK
        )
        text.set_path_effects([effects.withStroke(linewidth=2.5, foreground="white")])
        names.append(text)
    return names


def _apart(figure: Figure, names: Sequence[Sequence[Text]]) -> Figure:
    """Move each name up, axes by axes from the lowest on, until it covers no other."""
    figure.draw_without_rendering()  # where things come to lie is known only then
    for texts in names:
        placed: list[Bbox] = []
        for text in sorted(texts, key=lambda one: one.get_position()[1]):
            there = box = text.get_window_extent()
            to_display = text.get_transform()
            for other in sorted(placed, key=lambda one: one.y0):
                if box.overlaps(other):
                    box = box.translated(0, other.y1 - box.y0 + 1)
            placed.append(box)
            x, y = to_display.transform(text.get_position())
            text.set_y(to_display.inverted().transform((x, y + box.y0 - there.y0))[1])
    return figure
