"""The course of one loss or metric in all recipes: the mean over runs in a band from lowest to highest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator, PercentFormatter

from kerasae.report.axes import LOG_RATIO, logarithmic
from kerasae.report.style import INK, drawable, finish, look, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 9.4, 3.4
LABEL_CHARACTERS = 22
MARKS = 15  # the most on a line
LABEL_POINTS = 9.0

Course = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def courses(
    training: Mapping[str, Sequence[np.ndarray]],
    validation: Mapping[str, Sequence[np.ndarray]],
    names: Sequence[str],
    *,
    label: str,
    share: bool = False,
) -> Figure:
    """Draw training on the left, validation on the right, each recipe's name where its line ends.

    Args:
        training: by recipe the values of each run, float (epochs,), NaN where a phase has none.
        validation: the same of the validation images.
        names: all recipes in order, which decides on their looks; those without values are left out.
        label: what the vertical axis shows.
        share: whether values are shares, in [0, 1]; others may go on a logarithmic axis.
    """
    figure = new_figure(max(HEIGHT, 1.2 + 0.2 * len(names)), WIDTH)
    panels = figure.subplots(1, 2, sharey=True)
    drawn, line_ends = [], []
    for axes, title, values in zip(panels, ("training", "validation"), (training, validation), strict=True):
        tidy(axes)
        ends: dict[int, tuple[float, float]] = {}
        for index, name in enumerate(names):
            if any(np.isfinite(run).any() for run in values.get(name, [])):
                epochs, mean, low, high = course(values[name])
                style = look(index)
                axes.fill_between(epochs, low, high, color=style.colour, alpha=0.16, lw=0)
                every = -(-len(epochs) // MARKS)
                axes.plot(
                    epochs, mean, ls=style.line, c=style.colour, lw=1.8, marker=style.marker, ms=4, markevery=every
                )
                ends[index] = (float(epochs[-1]), float(mean[-1]))
                drawn += [low, high]
        axes.set_title(title, fontsize=10, color=INK, loc="left")
        axes.set_xlabel("epoch", color=INK)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.margins(x=0.02)
        line_ends.append(ends)
    lowest, highest = min(map(np.min, drawn)), max(map(np.max, drawn))
    log = not share and bool(lowest > 0 and highest > LOG_RATIO * lowest)
    if log:
        logarithmic(panels[0])
    if share:
        panels[0].yaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))
    panels[0].set_ylabel(f"{label} (log scale)" if log else label, color=INK)
    for axes, ends in zip(panels, line_ends, strict=True):
        _name_ends(axes, names, ends)
    return finish(figure)


def course(runs: Sequence[np.ndarray]) -> Course:
    """Return epochs, mean, lowest and highest over the runs that have the epoch, for epochs that some run has."""
    longest = max(len(run) for run in runs)
    table = np.full((len(runs), longest), np.nan)
    for row, run in zip(table, runs, strict=True):
        row[: len(run)] = run
    seen = np.isfinite(table).any(axis=0)
    table = np.where(np.isfinite(table), table, np.nan)[:, seen]
    return (
        np.flatnonzero(seen) + 1.0,
        np.nanmean(table, axis=0),
        np.nanmin(table, axis=0),
        np.nanmax(table, axis=0),
    )


def apart(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move places as little as needed, in their order, until neighbours are `gap` apart and all in [low, high]."""
    order = np.argsort(places, kind="stable")
    gap = min(gap, (high - low) / max(len(places) - 1, 1))
    moved = np.clip(np.asarray(places, float)[order], low, high)
    for _ in range(200):
        near = np.diff(moved) < gap - 1e-9
        if not near.any():
            break
        for index in np.flatnonzero(near):
            lack = gap - (moved[index + 1] - moved[index])
            moved[index] -= lack / 2
            moved[index + 1] += lack / 2
        moved = np.clip(moved, low + gap * np.arange(len(moved)), high - gap * np.arange(len(moved))[::-1])
    result = np.empty(len(moved))
    result[order] = moved
    return result.tolist()


def _name_ends(axes: Axes, names: Sequence[str], ends: Mapping[int, tuple[float, float]]) -> None:
    """Write each recipe's name beside its line's end, with a hairline to it."""
    if not ends:
        axes.text(0.5, 0.5, "no values", transform=axes.transAxes, ha="center", color=INK)
        return
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()  # the axes' final limits are needed
    inverse = axes.transAxes.inverted()
    at = {index: inverse.transform(axes.transData.transform(end)) for index, end in ends.items()}
    gap = LABEL_POINTS * 1.25 / 72 / (axes.get_window_extent().height / figure.dpi)
    heights = apart([float(place[1]) for place in at.values()], gap, 0.0, 1.0)
    for (index, (x, y)), height in zip(at.items(), heights, strict=True):
        style = look(index)
        axes.annotate(
            drawable(names[index], LABEL_CHARACTERS),
            (x, y),
            (1.1, height),
            xycoords="axes fraction",
            textcoords="axes fraction",
            va="center",
            fontsize=LABEL_POINTS,
            color=INK,
            arrowprops={
                "arrowstyle": "-",
                "color": style.colour,
                "lw": 1.1,
                "shrinkA": 2,
                "relpos": (0.0, 0.5),
                "shrinkB": 0,
                "ls": style.line,
            },
        )
