"""The agreement of the judge with the sampled classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import PercentFormatter

from kerasae.generation.result import REAL_IMAGES
from kerasae.report.style import FAINT, INK, drawables, finish, look, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure


def agreement(values: Mapping[str, Mapping[str, float]], classes: Sequence[str]) -> Figure:
    """Draw a row for each class and a marker for each sampler; the marker of real images is grey.

    Args:
        values: by sampler or REAL_IMAGES, the agreement by class name.
        classes: the rows from the top; a sampler without samples of a class has no marker there.
    """
    height = 0.27 + 0.05 * max(len(values) - 2, 0)
    figure = new_figure(1.0 + height * len(classes))
    axes = figure.add_subplot()
    tidy(axes, grid="x")
    lowest = min(value for shares in values.values() for value in shares.values())
    positions = {name: position for position, name in enumerate(classes)}
    samplers = [name for name in values if name != REAL_IMAGES]
    for index, (sampler, shares) in enumerate(values.items()):
        style = look(index)
        real = sampler == REAL_IMAGES
        # Markers of a row are offset, so that none covers another.
        shift = 0.0 if real else 0.5 * ((samplers.index(sampler) + 0.5) / len(samplers) - 0.5)
        axes.plot(
            list(shares.values()),
            [positions[name] + shift for name in shares],
            ls="",
            marker="|" if real else style.marker,
            ms=13 if real else 6.0,
            mew=2.2 if real else 1.0,
            c=FAINT if real else style.colour,
            label=sampler,
            zorder=2 if real else 3,
            clip_on=False,
        )
    axes.set_yticks(np.arange(len(classes)), drawables(list(classes), 18), color=INK)
    axes.set_ylim(len(classes) - 0.5, -0.5)
    axes.set_xlim(min(0.9, max(-0.02, lowest - 0.03)), 1.0)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))
    axes.set_xlabel("images that the judge assigns to the class", color=INK)
    axes.tick_params(axis="y", length=0)
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=9, labelcolor=INK)
    return finish(figure)
