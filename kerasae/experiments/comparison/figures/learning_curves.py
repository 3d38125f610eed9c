"""Learning curves of one loss or metric for all recipes: the mean over runs, and a band from lowest to highest."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.ticker import MaxNLocator, PercentFormatter

from kerasae.report.axes import LOG_RATIO, logarithmic
from kerasae.report.style import INK, Look, drawable, finish, look, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 9.4, 3.4
LABEL_CHARACTERS = 22
MAX_MARKERS = 15  # on a line
LABEL_POINTS = 9.0


class MeanCurve(NamedTuple):
    """Values of several runs in the epochs that some run has; each float (epochs,), `epochs` counted from 1."""

    epochs: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


def learning_curves(
    training: Mapping[str, Sequence[np.ndarray]],
    validation: Mapping[str, Sequence[np.ndarray]],
    names: Sequence[str],
    *,
    label: str,
    share: bool = False,
) -> Figure:
    """Draw training on the left and validation on the right, with each recipe's name at the end of its line.

    Args:
        training: by recipe, the values of each run, float (epochs,); NaN in phases without the value.
        validation: the same for validation images.
        names: all recipes, whose order determines their colours; those without values are left out.
        label: of the vertical axis.
        share: whether values are shares in [0, 1]; other values may get a logarithmic axis.
    """
    figure = new_figure(max(HEIGHT, 1.2 + 0.2 * len(names)), WIDTH)
    panels = figure.subplots(1, 2, sharey=True)
    drawn: list[np.ndarray] = []
    ends_by_panel = []
    for axes, title, values in zip(panels, ("training", "validation"), (training, validation), strict=True):
        tidy(axes)
        ends: dict[int, tuple[float, float]] = {}
        for index, name in enumerate(names):
            if any(np.isfinite(run).any() for run in values.get(name, [])):
                curve = mean_curve(values[name])
                _draw(axes, curve, look(index))
                ends[index] = (float(curve.epochs[-1]), float(curve.mean[-1]))
                drawn += [curve.low, curve.high]
        axes.set_title(title, fontsize=10, color=INK, loc="left")
        axes.set_xlabel("epoch", color=INK)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.margins(x=0.02)
        ends_by_panel.append(ends)
    lowest, highest = min(map(np.min, drawn)), max(map(np.max, drawn))
    log = not share and bool(lowest > 0 and highest > LOG_RATIO * lowest)
    if log:
        logarithmic(panels[0])
    if share:
        panels[0].yaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))
    panels[0].set_ylabel(f"{label} (log scale)" if log else label, color=INK)
    for axes, ends in zip(panels, ends_by_panel, strict=True):
        _name_ends(axes, names, ends)
    return finish(figure)


def mean_curve(runs: Sequence[np.ndarray]) -> MeanCurve:
    """Return mean, minimum and maximum over the runs that have a value, for the epochs in which some run has one.

    Args:
        runs: the values of each run, float (epochs,), of any lengths; NaN in phases without the value.
    """
    longest = max(len(run) for run in runs)
    table = np.full((len(runs), longest), np.nan)
    for row, run in zip(table, runs, strict=True):
        row[: len(run)] = run
    has_value = np.isfinite(table).any(axis=0)
    table = np.where(np.isfinite(table), table, np.nan)[:, has_value]
    return MeanCurve(
        np.flatnonzero(has_value) + 1.0,
        np.nanmean(table, axis=0),
        np.nanmin(table, axis=0),
        np.nanmax(table, axis=0),
    )


def spread_apart(positions: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move positions as little as needed, without changing their order, until neighbours are `gap` apart.

    Args:
        positions: in any order.
        gap: the distance; smaller if that many do not fit.
        low: the smallest position allowed.
        high: the largest position allowed.
    """
    order = np.argsort(positions, kind="stable")
    gap = min(gap, (high - low) / max(len(positions) - 1, 1))
    moved = np.clip(np.asarray(positions, float)[order], low, high)
    for _ in range(200):
        too_near = np.diff(moved) < gap - 1e-9
        if not too_near.any():
            break
        for index in np.flatnonzero(too_near):
            missing = gap - (moved[index + 1] - moved[index])
            moved[index] -= missing / 2
            moved[index + 1] += missing / 2
        moved = np.clip(moved, low + gap * np.arange(len(moved)), high - gap * np.arange(len(moved))[::-1])
    result = np.empty(len(moved))
    result[order] = moved
    return result.tolist()


def _draw(axes: Axes, curve: MeanCurve, style: Look) -> None:
    axes.fill_between(curve.epochs, curve.low, curve.high, color=style.colour, alpha=0.16, lw=0)
    axes.plot(
        curve.epochs,
        curve.mean,
        ls=style.line,
        c=style.colour,
        lw=1.8,
        marker=style.marker,
        ms=4,
        markevery=-(-len(curve.epochs) // MAX_MARKERS),
    )


def _name_ends(axes: Axes, names: Sequence[str], ends: Mapping[int, tuple[float, float]]) -> None:
    """Write each recipe's name beside the end of its line, with a hairline to it."""
    if not ends:
        axes.text(0.5, 0.5, "no values", transform=axes.transAxes, ha="center", color=INK)
        return
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()  # sets the final limits of the axes
    inverse = axes.transAxes.inverted()
    line_ends = {index: inverse.transform(axes.transData.transform(end)) for index, end in ends.items()}
    gap = LABEL_POINTS * 1.25 / 72 / (axes.get_window_extent().height / figure.dpi)
    heights = spread_apart([float(y) for _, y in line_ends.values()], gap, 0.0, 1.0)
    for (index, (x, y)), height in zip(line_ends.items(), heights, strict=True):
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
