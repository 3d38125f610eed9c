"""Mean paired differences of each recipe to the baseline, with confidence intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from kerasae.experiments.comparison.figures.strip_plot import strip_plot
from kerasae.report.style import FAINT, finish, look

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Interval(NamedTuple):
    """A mean difference and its confidence interval; `low` and `high` are None if there is none."""

    mean: float
    low: float | None = None
    high: float | None = None


Panel = tuple[str, Sequence[Interval | None]]


def differences(names: Sequence[str], panels: Sequence[Panel]) -> Figure:
    """Draw a panel for each measure: the difference of each recipe with its interval, and a dashed line at zero.

    Args:
        names: the recipes without the baseline, from top to bottom.
        panels: title with unit, and the difference of each recipe, None where it lacks the measure.
    """
    figure, all_axes = strip_plot(names, [title for title, _ in panels], "{x:+.4g}")
    for axes, (_, intervals) in zip(all_axes, panels, strict=True):
        axes.axvline(0.0, color=FAINT, lw=1.2, ls="--")
        for row, interval in enumerate(intervals):
            if interval is None:
                continue
            style = look(row + 1)  # the baseline has the first
            if interval.low is not None and interval.high is not None:
                axes.plot([interval.low, interval.high], [row, row], c=style.colour, lw=2.2, solid_capstyle="butt")
            axes.plot(interval.mean, row, style.marker, c=style.colour, ms=7, mec="white", mew=0.8)
    return finish(figure)
