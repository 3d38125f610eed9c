"""Histograms of the distances to the nearest training image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import PercentFormatter

from kerasae.generation.result import REAL_IMAGES
from kerasae.report.style import FAINT, INK, finish, look, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

NUM_BINS = 40


def distances(values: Mapping[str, np.ndarray], copy_distance: float | None) -> Figure:
    """Draw a histogram for each sampler as a line, and that of real images filled in grey.

    Args:
        values: by sampler or REAL_IMAGES, float (n,), root mean squared distances on [0, 1].
        copy_distance: the distance below which an image counts as a copy; None if unknown.
    """
    figure = new_figure(2.9)
    axes = figure.add_subplot()
    tidy(axes)
    edges = np.linspace(
        0.0, max(float(np.quantile(distances, 0.995)) for distances in values.values()), NUM_BINS + 1
    ).tolist()
    for index, (sampler, sampler_distances) in enumerate(values.items()):
        weights, style = np.full(len(sampler_distances), 1 / len(sampler_distances)), look(index)
        clipped = np.minimum(sampler_distances, edges[-1])
        if sampler == REAL_IMAGES:
            axes.hist(clipped, edges, weights=weights, color=FAINT, alpha=0.45, label=sampler)
        else:
            axes.hist(
                clipped,
                edges,
                weights=weights,
                color=style.colour,
                histtype="step",
                lw=1.7,
                ls=style.line,
                label=sampler,
            )
    if copy_distance is not None:
        axes.axvline(copy_distance, color=INK, ls=(0, (4, 2)), lw=1.2, label="copy threshold")
    axes.set_xlim(0, edges[-1])
    axes.set_xlabel("distance to the nearest training image", color=INK)
    axes.set_ylabel("share of images", color=INK)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=9, labelcolor=INK)
    return finish(figure)
