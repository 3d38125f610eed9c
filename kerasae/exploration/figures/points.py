"""Maps: a point for each image, coloured by class, with rings around misclassified images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.patheffects as effects
import numpy as np

from kerasae.report.style import FAINT, INK, drawable, finish, look, new_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

    from kerasae.exploration.maps import Map

MAX_CLASS_NAMES = 40  # with more classes, no names are written
MAP_SIDE = 4.3  # inches


def maps(pair: Sequence[Map], labels: np.ndarray, misclassified: np.ndarray, class_names: Sequence[str]) -> Figure:
    """Draw maps of the same images side by side.

    Args:
        pair: one or two maps of the same images.
        labels: int (n,), -1 where unknown: drawn in grey.
        misclassified: bool (n,), which images get a ring.
        class_names: written at the median point of each class, or above it if another name is there.
    """
    figure = new_figure(MAP_SIDE + 0.3, MAP_SIDE * len(pair) + 0.2)
    names = []
    for axes, map_ in zip(np.atleast_1d(figure.subplots(1, len(pair))), pair, strict=True):
        names.append(_scatter(axes, map_.xy, labels, misclassified, class_names))
        axes.set_aspect("equal", adjustable="datalim")  # the same scale for both axes, so that distances are true
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_title(map_.title, fontsize=10, color=INK)
        axes.spines[:].set_color(FAINT)
    return _separate(finish(figure), names)


def plane(
    xy: np.ndarray,
    decoded: np.ndarray | None,
    box: tuple[float, float, float, float],
    labels: np.ndarray,
    misclassified: np.ndarray,
    class_names: Sequence[str],
) -> Figure:
    """Draw a two-dimensional latent, over the images that the decoder generates from its plane.

    Args:
        xy: float (n, 2).
        decoded: uint8 (rows, columns, H, W, C), from the top left; None draws only the points.
        box: left, right, bottom and top of the decoded plane.
        labels, misclassified, class_names: see `maps`.
    """
    figure = new_figure(6.0, 6.2)
    axes = figure.subplots()
    if decoded is not None:
        rows, columns, height, width, channels = decoded.shape
        grid = decoded.transpose(0, 2, 1, 3, 4).reshape(rows * height, columns * width, channels)
        background = 128 + grid.astype(np.float32) / 2  # pale, so that points are visible
        axes.imshow(
            np.broadcast_to(background, (*background.shape[:2], 3)).astype(np.uint8),
            extent=box,
            aspect="auto",
            zorder=0,
        )
    names = _scatter(axes, xy, labels, misclassified, class_names)
    axes.set_xlim(box[:2])
    axes.set_ylim(box[2:])
    axes.set_xlabel("first latent value", fontsize=9, color=INK)
    axes.set_ylabel("second latent value", fontsize=9, color=INK)
    axes.tick_params(color=FAINT, labelcolor=INK, labelsize=8)
    axes.spines[:].set_color(FAINT)
    return _separate(finish(figure), [names])


def _scatter(
    axes: Axes, xy: np.ndarray, labels: np.ndarray, misclassified: np.ndarray, class_names: Sequence[str]
) -> list[Text]:
    """Draw the points, and the name of each class at the median of its points; return the names."""
    size = float(np.clip(9_000 / len(xy), 2.5, 22))
    is_unlabelled = labels < 0
    axes.scatter(xy[is_unlabelled, 0], xy[is_unlabelled, 1], s=size, c=FAINT, lw=0, alpha=0.7)
    for index in range(len(class_names)):
        members = labels == index
        style = look(index)
        axes.scatter(xy[members, 0], xy[members, 1], s=size, c=style.colour, marker=style.marker, lw=0, alpha=0.7)
    axes.scatter(xy[misclassified, 0], xy[misclassified, 1], s=3 * size, facecolors="none", edgecolors=INK, lw=0.7)
    present = [index for index in range(len(class_names)) if (labels == index).any()]
    names = []
    for index in present if len(present) <= MAX_CLASS_NAMES else ():
        x, y = np.median(xy[labels == index], axis=0)
        text = axes.text(
            x, y, drawable(class_names[index], 18), fontsize=8.5, weight="bold", ha="center", va="center", color=INK
        )
        text.set_path_effects([effects.withStroke(linewidth=2.5, foreground="white")])
        names.append(text)
    return names


def _separate(figure: Figure, names: Sequence[Sequence[Text]]) -> Figure:
    """Move names up, the lowest first, until none covers another on the same axes."""
    figure.draw_without_rendering()  # text extents are known only after drawing
    for texts in names:
        placed: list[Bbox] = []
        for text in sorted(texts, key=lambda text: text.get_position()[1]):
            original = box = text.get_window_extent()
            to_display = text.get_transform()
            for other in sorted(placed, key=lambda box: box.y0):
                if box.overlaps(other):
                    box = box.translated(0, other.y1 - box.y0 + 1)
            placed.append(box)
            x, y = to_display.transform(text.get_position())
            text.set_y(to_display.inverted().transform((x, y + box.y0 - original.y0))[1])
    return figure
