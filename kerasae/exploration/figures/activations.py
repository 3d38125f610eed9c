"""First-layer filters and activations of an encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kerasae.report.style import FAINT, INK, drawable, finish, new_figure
from kerasae.report.tiles import show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

MAX_FILTERS = 64
FILTER_COLUMNS = 16


def filters(kernels: np.ndarray) -> Figure:
    """Draw filters as images: three channels in colour, one channel from negative (dark) to positive (bright).

    Args:
        kernels: float (n, h, w, C), C 1 or 3.
    """
    kernels = kernels[:MAX_FILTERS]
    columns = min(FILTER_COLUMNS, len(kernels))
    rows = -(-len(kernels) // columns)
    figure = new_figure(0.1 + 0.36 * rows, 0.1 + 0.36 * columns)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, kernel in zip(panels, kernels, strict=False):
        peak = max(float(np.abs(kernel).max()), 1e-12)
        if kernel.shape[-1] == 3:
            axes.imshow(0.5 + 0.5 * kernel / peak, interpolation="nearest")
        else:
            axes.imshow(kernel[..., 0], cmap="gray", vmin=-peak, vmax=peak, interpolation="nearest")
        axes.spines[:].set(color=FAINT, linewidth=0.5)
        axes.set_xticks([])
        axes.set_yticks([])
    for axes in panels[len(kernels) :]:
        axes.set_axis_off()
    return finish(figure)


def activations(image: np.ndarray, layers: Mapping[str, np.ndarray]) -> Figure:
    """Draw an image, and a row of channels for each layer below it.

    Args:
        image: uint8 (H, W, C).
        layers: float (h, w, channels), by the title of the row.
    """
    columns = max(values.shape[-1] for values in layers.values())
    height = 5.2 / columns * image.shape[0] / image.shape[1]
    figure = new_figure((len(layers) + 1) * (height + 0.22) + 0.1)
    rows = figure.subfigures(len(layers) + 1, 1)
    for row, (title, values) in zip(np.ravel(np.array(rows)), [("image", None), *layers.items()], strict=True):
        row.suptitle(drawable(title, 50), fontsize=8, color=INK, x=0.01, ha="left")
        for index, axes in enumerate(np.atleast_1d(row.subplots(1, columns))):
            axes.set_axis_off()
            if values is None and index == 0:
                show(axes, image)
            elif values is not None and index < values.shape[-1]:
                axes.imshow(values[..., index], cmap="viridis", interpolation="nearest")
    return finish(figure)
