"""Axes that several figures share: logarithmic values, epochs, and columns of a history over them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter

from kerasae.report.style import FAINT, INK, drawable, look

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from kerasae.runs.history import History

LOG_RATIO = 8.0  # values that fall by more than this factor get a logarithmic axis, where the end stays readable
MAX_MARKED_POINTS = 15  # a line of more points has no markers
MIN_PHASE_CHARACTERS = 7  # a phase name that would be cut shorter than this is left out
WIDTH_IN_CHARACTERS = 42  # of phase names over the full width of the axes


def logarithmic(axes: Axes) -> None:
    """Make the vertical axis logarithmic, with plain numbers as tick labels."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:.3g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def plot_columns(axes: Axes, history: History, columns: Mapping[str, str], *, drawstyle: str = "default") -> None:
    """Plot columns of a history over its epochs.

    Args:
        axes: to plot on.
        history: the epochs.
        columns: the legend text of each column, by column name.
        drawstyle: of matplotlib.
    """
    for index, (column, label) in enumerate(columns.items()):
        values, style = history.columns[column], look(index)
        marker = style.marker if np.isfinite(values).sum() <= MAX_MARKED_POINTS else ""
        axes.plot(
            history.epochs, values, ls=style.line, c=style.colour, lw=1.8, label=label, drawstyle=drawstyle,
            marker=marker, markersize=3.5,
        )  # fmt: skip


def label_epochs(axes: Axes, history: History) -> None:
    """Label the horizontal axis as epochs, with whole numbers only."""
    axes.set_xlabel("epoch", color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.margins(x=0.02)
    if len(history) == 1:
        axes.set_xlim(history.epochs[0] - 0.9, history.epochs[0] + 0.9)


def mark_phases(axes: Axes, history: History, epochs: range) -> None:
    """Separate the phases of a history by vertical lines, and write their names above where there is room.

    Args:
        axes: with epochs on the horizontal axis.
        history: the epochs.
        epochs: the indices of the epochs that are plotted.
    """
    starts = [i for i in epochs if i == epochs.start or history.phases[i] != history.phases[i - 1]]
    if len(set(history.phases)) < 2:
        return
    for start, end in itertools.pairwise([*starts, epochs.stop]):
        edge = history.epochs[start] - 0.5
        if start > epochs.start:
            axes.axvline(edge, color=FAINT, lw=0.9)
        room = int(WIDTH_IN_CHARACTERS * (end - start) / len(epochs))
        name = drawable(history.phases[start], max(room, 1))
        if room >= min(len(history.phases[start]), MIN_PHASE_CHARACTERS):
            middle = (edge + history.epochs[end - 1] + 0.5) / 2
            axes.text(
                middle, 1.02, name, transform=axes.get_xaxis_transform(), ha="center", va="bottom", fontsize=9, c=INK
            )
