"""How the weights of kernels are distributed, before training and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from kerasae.report.figures.style import FAINT, INK, drawable, finish, look, new_figure, tidy

MOST_BINS = 61
SHOWN = 0.999  # the share of weights that the axis reaches over; a few far ones would press the rest together


class Kernel(NamedTuple):
    """The weights of a kernel, flat; `initial` is None where training began with another run's."""

    trained: np.ndarray
    initial: np.ndarray | None


def weights(kernels: Mapping[str, Mapping[str, Kernel]], names: Sequence[str]) -> Figure:
    """Draw a row a recipe and a column a kernel: trained weights filled, the initial ones as a grey outline.

    Args:
        kernels: by recipe, by what the kernel is called in all recipes.
        names: all recipes in order, which decides on their looks.
    """
    rows = [(index, name) for index, name in enumerate(names) if name in kernels]
    columns = list(dict.fromkeys(column for _, name in rows for column in kernels[name]))
    figure = new_figure(0.75 + 0.85 * len(rows), 1.6 + 1.95 * len(columns))
    grid = figure.subplots(len(rows), len(columns), sharex="col", squeeze=False)
    for place, column in enumerate(columns):
        reach = max(_reach(kernels[name][column]) for _, name in rows if column in kernels[name])
        fewest = min(len(kernels[name][column].trained) for _, name in rows if column in kernels[name])
        edges = np.linspace(-reach, reach, int(np.clip(np.sqrt(2 * fewest), 10, MOST_BINS)) + 1)
        for axes, (index, name) in zip(grid[:, place], rows, strict=True):
            tidy(axes, grid=None)
            axes.set_yticks([])
            axes.spines["left"].set_visible(False)
            if column in kernels[name]:
                trained, initial = kernels[name][column]
                axes.hist(np.clip(trained, -reach, reach), edges, density=True, color=look(index).colour, alpha=0.75)
                if initial is not None:
                    outline, _ = np.histogram(np.clip(initial, -reach, reach), edges, density=True)
                    axes.stairs(outline, edges, color=INK, lw=0.9)
            else:
                axes.text(0.5, 0.4, "none", transform=axes.transAxes, ha="center", fontsize=8, color=FAINT)
            axes.xaxis.set_major_locator(MaxNLocator(3, symmetric=True))
            axes.tick_params(axis="x", labelsize=7)
        grid[0, place].set_title(column, fontsize=9, color=INK)
    for axes, (_, name) in zip(grid[:, 0], rows, strict=True):
        axes.set_ylabel(drawable(name, 20), rotation=0, ha="right", va="center", fontsize=9, color=INK)
    figure.supxlabel("weight", fontsize=9, color=INK)
    return finish(figure)


def _reach(kernel: Kernel) -> float:
    sides = [np.quantile(np.abs(one), SHOWN) for one in kernel if one is not None and len(one)]
    return float(max([*sides, 1e-6]))
