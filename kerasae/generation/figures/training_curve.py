"""Curves of several columns of a history on one scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import PercentFormatter

from kerasae.report.axes import label_epochs, plot_columns
from kerasae.report.style import FAINT, INK, finish, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from kerasae.runs.history import History


def training_curve(
    history: History,
    columns: Mapping[str, str],
    *,
    label: str,
    is_share: bool = False,
    levels: Mapping[float, str] | None = None,
    dividers: tuple[float, ...] = (),
) -> Figure:
    """Draw columns of a history over its epochs.

    Args:
        history: the epochs.
        columns: the legend text of each column, by column name.
        label: of the vertical axis.
        is_share: whether values are shares, drawn from 0 as percentages.
        levels: the legend text of each horizontal line, by its value.
        dividers: positions of vertical lines, in epochs.
    """
    figure = new_figure(2.9)
    axes = figure.add_subplot()
    tidy(axes)
    plot_columns(axes, history, columns)
    for value, name in (levels or {}).items():
        axes.axhline(value, color=FAINT, lw=1.1, ls=(0, (4, 2)), label=name, zorder=1)
    for epoch in dividers:
        axes.axvline(epoch, color=FAINT, lw=0.9)
    if is_share:
        axes.set_ylim(0, max(1.0, axes.get_ylim()[1]))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_ylabel(label, color=INK)
    label_epochs(axes, history)
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=9, labelcolor=INK)
    return finish(figure)
