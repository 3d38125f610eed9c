"""The course of an adversarial training: several logged values on one scale."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from kerasae.evaluation.history import History
from kerasae.report.figures.style import FAINT, INK, finish, look, new_figure, tidy


def course(
    history: History,
    columns: Mapping[str, str],
    *,
    label: str,
    share: bool = False,
    marks: Mapping[float, str] | None = None,
    dividers: tuple[float, ...] = (),
) -> Figure:
    """Draw columns of a history over its epochs.

    Args:
        history: the epochs.
        columns: what to draw, by name, and what to call it.
        label: what the vertical axis shows.
        share: whether the values are shares, drawn from 0 as percentages.
        marks: values at which a level line is drawn, and what to call it.
        dividers: epochs between which something changed.
    """
    figure = new_figure(2.9)
    axes = figure.add_subplot()
    tidy(axes)
    for index, (column, name) in enumerate(columns.items()):
        values, style = history.columns[column], look(index)
        marker = style.marker if np.isfinite(values).sum() <= 15 else ""
        axes.plot(
            history.epochs, values, ls=style.line, c=style.colour, lw=1.8, label=name, marker=marker, markersize=3.5
        )
    for value, name in (marks or {}).items():
        axes.axhline(value, color=FAINT, lw=1.1, ls=(0, (4, 2)), label=name, zorder=1)
    for epoch in dividers:
        axes.axvline(epoch, color=FAINT, lw=0.9)
    if share:
        axes.set_ylim(0, max(1.0, axes.get_ylim()[1]))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlabel("epoch", color=INK)
    axes.set_ylabel(label, color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.margins(x=0.02)
    if len(history) == 1:
        axes.set_xlim(history.epochs[0] - 0.9, history.epochs[0] + 0.9)
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=9, labelcolor=INK)
    return finish(figure)
