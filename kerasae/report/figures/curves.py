"""The course of one loss or metric over the epochs."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter

from kerasae.report.figures.style import BLUE, FAINT, INK, drawable, finish, look, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from kerasae.runs.history import History

LOG_RATIO = 8.0  # a fall by more than this hides its end on a linear axis
LEGIBLE_CHARACTERS = 7  # a phase name cut shorter than this tells nothing
LABEL_CHARACTERS = 42  # of phase names over the full width


def curves(
    history: History, column: str, *, label: str, colour: str = BLUE, log: bool | None = None, steps: bool = False
) -> Figure:
    """Draw one column of the history, training solid and validation (`val_` before its name) dashed.

    Args:
        history: the epochs; phases are told apart by name.
        column: the column's name, such as "reconstruction_loss"; it or its validation twin has a value.
        label: what the vertical axis shows.
        colour: of both lines.
        steps: whether a value holds for its whole epoch, rather than being where the epoch ended.
        log: whether the vertical axis is logarithmic; None makes it so where all is positive and falls far.
    """
    figure = new_figure(2.9)
    axes = figure.add_subplot()
    tidy(axes)
    seen = []
    drawn = np.zeros(len(history), bool)
    for name, style, face, legend in (
        (column, "-", colour, "training"),
        (f"val_{column}", "--", "white", "validation"),
    ):
        if history.has(name):
            values = history.columns[name]
            shown = np.isfinite(values)
            seen.append(values[shown])
            drawn |= shown
            # A single epoch makes no line: its marker is all there is to see.
            marker = "o" if shown.sum() <= 15 else ""
            (line,) = axes.plot(history.epochs[shown], values[shown], style, lw=1.8, c=colour, label=legend)
            line.set_drawstyle("steps-mid" if steps else "default")
            line.set(marker=marker, markersize=3.5, markerfacecolor=face)
    _name_axes(axes, history, drawn, np.concatenate(seen), label, log)
    return finish(figure)


def weights(history: History, columns: Mapping[str, str]) -> Figure:
    """Draw what weighed the terms of the loss, one line a term.

    Args:
        history: the epochs; phases are told apart by name.
        columns: the name of each column of weights, with that of its term; each has a value.
    """
    figure = new_figure(2.9)
    axes = figure.add_subplot()
    tidy(axes)
    draw_columns(axes, history, columns, drawstyle="steps-mid")
    values = np.stack([history.columns[column] for column in columns])
    shown = np.isfinite(values)
    _name_axes(axes, history, shown.any(axis=0), values[shown], "weight in the loss", None)
    return finish(figure)


def draw_columns(axes: Axes, history: History, columns: Mapping[str, str], *, drawstyle: str = "default") -> None:
    """Draw columns of a history over its epochs, each in its own look, by the names that `columns` gives them."""
    for index, (column, name) in enumerate(columns.items()):
        values, style = history.columns[column], look(index)
        marker = style.marker if np.isfinite(values).sum() <= 15 else ""
        axes.plot(
            history.epochs, values, ls=style.line, c=style.colour, lw=1.8, label=name, drawstyle=drawstyle,
            marker=marker, markersize=3.5,
        )  # fmt: skip


def name_epochs(axes: Axes, history: History) -> None:
    """Make the horizontal axis one of whole epochs, wide enough for a single one."""
    axes.set_xlabel("epoch", color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.margins(x=0.02)
    if len(history) == 1:
        axes.set_xlim(history.epochs[0] - 0.9, history.epochs[0] + 0.9)


def _name_axes(
    axes: Axes, history: History, drawn: np.ndarray, values: np.ndarray, label: str, log: bool | None
) -> None:
    """Name the axes and the lines, and part the phases, of the epochs that are `drawn` with these values."""
    if len(axes.lines) > 1:
        axes.legend(frameon=False, fontsize=9, labelcolor=INK)
    if log is None:
        log = bool(values.min() > 0 and values.max() > LOG_RATIO * values.min())
    if log:
        logarithmic(axes)
    axes.set_ylabel(f"{label} (log scale)" if log else label, color=INK)
    name_epochs(axes, history)
    span = np.flatnonzero(drawn)
    _mark_phases(axes, history, range(span[0], span[-1] + 1))


def logarithmic(axes: Axes) -> None:
    """Make the vertical axis logarithmic, with plain numbers on it."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:.3g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _mark_phases(axes: Axes, history: History, drawn: range) -> None:
    """Draw a line where a phase begins, and its name above where there is room, within the epochs that are drawn."""
    starts = [i for i in drawn if i == drawn.start or history.phases[i] != history.phases[i - 1]]
    if len(set(history.phases)) < 2:
        return
    for start, end in itertools.pairwise([*starts, drawn.stop]):
        edge = history.epochs[start] - 0.5
        if start > drawn.start:
            axes.axvline(edge, color=FAINT, lw=0.9)
        room = int(LABEL_CHARACTERS * (end - start) / len(drawn))
        name = drawable(history.phases[start], max(room, 1))
        if room >= min(len(history.phases[start]), LEGIBLE_CHARACTERS):
            middle = (edge + history.epochs[end - 1] + 0.5) / 2
            axes.text(
                middle, 1.02, name, transform=axes.get_xaxis_transform(), ha="center", va="bottom", fontsize=9, c=INK
            )
