"""The course of an adversarial training: several logged values on one scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import PercentFormatter

from kerasae.report.figures.curves import draw_columns, name_epochs
from kerasae.report.figures.style import FAINT, INK, finish, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from kerasae.runs.history import History


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
    draw_columns(axes, history, columns)
    for value, name in (marks or {}).items():
        axes.axhline(value, color=FAINT, lw=1.1, ls=(0, (4, 2)), label=name, zorder=1)
    for epoch in dividers:
        axes.axvline(epoch, color=FAINT, lw=0.9)
    if share:
        axes.set_ylim(0, max(1.0, axes.get_ylim()[1]))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_ylabel(label, color=INK)
    name_epochs(axes, history)
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=9, labelcolor=INK)
    return finish(figure)
