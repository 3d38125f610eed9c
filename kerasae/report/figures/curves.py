"""Training curves: a loss or metric, and the loss weights, over the epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kerasae.report.axes import LOG_RATIO, MAX_MARKED_POINTS, label_epochs, logarithmic, mark_phases, plot_columns
from kerasae.report.style import BLUE, INK, finish, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from kerasae.runs.history import History


def curves(
    history: History, column: str, *, label: str, colour: str = BLUE, log: bool | None = None, steps: bool = False
) -> Figure:
    """Draw a column of the history, solid for training and dashed for validation (`val_` before its name).

    Args:
        history: the epochs and their phases.
        column: the name of the column, such as "reconstruction_loss"; it or its validation column has a value.
        label: the label of the vertical axis.
        colour: of both lines.
        log: whether the vertical axis is logarithmic; None decides by the range of the values.
        steps: whether a value holds for its whole epoch rather than for the end of it.
    """
    figure = new_figure(2.9)
    axes = figure.add_subplot()
    tidy(axes)
    plotted_values = []
    is_plotted = np.zeros(len(history), bool)
    for name, style, face, legend in (
        (column, "-", colour, "training"),
        (f"val_{column}", "--", "white", "validation"),
    ):
        if history.has(name):
            values = history.columns[name]
            finite = np.isfinite(values)
            plotted_values.append(values[finite])
            is_plotted |= finite
            # A single epoch makes no line: only its marker is visible.
            marker = "o" if finite.sum() <= MAX_MARKED_POINTS else ""
            (line,) = axes.plot(history.epochs[finite], values[finite], style, lw=1.8, c=colour, label=legend)
            line.set_drawstyle("steps-mid" if steps else "default")
            line.set(marker=marker, markersize=3.5, markerfacecolor=face)
    _label_axes(axes, history, is_plotted, np.concatenate(plotted_values), label, log)
    return finish(figure)


def loss_weights(history: History, terms: Mapping[str, str]) -> Figure:
    """Draw the weight of each term of the loss as a line.

    Args:
        history: the epochs and their phases.
        terms: the name of each term, by the column of its weight; each column has a value.
    """
    figure = new_figure(2.9)
    axes = figure.add_subplot()
    tidy(axes)
    plot_columns(axes, history, terms, drawstyle="steps-mid")
    values = np.stack([history.columns[column] for column in terms])
    finite = np.isfinite(values)
    _label_axes(axes, history, finite.any(axis=0), values[finite], "loss weight", None)
    return finish(figure)


def _label_axes(
    axes: Axes, history: History, is_plotted: np.ndarray, values: np.ndarray, label: str, log: bool | None
) -> None:
    """Label the axes, add a legend for several lines, and mark the phases.

    Args:
        axes: with the lines.
        history: the epochs.
        is_plotted: bool (epochs,), which epochs have a value.
        values: float (n,), all values that are plotted.
        label: of the vertical axis.
        log: whether the vertical axis is logarithmic; None decides by the range of the values.
    """
    if len(axes.lines) > 1:
        axes.legend(frameon=False, fontsize=9, labelcolor=INK)
    if log is None:
        log = bool(values.min() > 0 and values.max() > LOG_RATIO * values.min())
    if log:
        logarithmic(axes)
    axes.set_ylabel(f"{label} (log scale)" if log else label, color=INK)
    label_epochs(axes, history)
    plotted = np.flatnonzero(is_plotted)
    mark_phases(axes, history, range(plotted[0], plotted[-1] + 1))
