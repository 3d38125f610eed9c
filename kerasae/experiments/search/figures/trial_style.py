"""How trials are drawn in every figure of a search: by status, the best one apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from kerasae.report.style import BLUE, FAINT, INK, VERMILLION

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from matplotlib.axes import Axes


class Marks(NamedTuple):
    """Trials with a score, in order.

    Attributes:
        scores: the objective, float (n,).
        pruned: bool (n,), whether it was stopped early.
        best: place of the best one, None where there is none.
        objective: what to call the objective.
        larger: whether larger is better.
    """

    scores: np.ndarray
    pruned: np.ndarray
    best: int | None
    objective: str
    larger: bool

    @property
    def label(self) -> str:
        """The objective with its direction, for an axis."""
        return f"{self.objective} ({'higher' if self.larger else 'lower'} is better)"


def scatter(axes: Axes, x: np.ndarray, marks: Marks) -> None:
    """Draw a trial a point: filled, hollow where it was pruned, the best one a star."""
    kinds: Sequence[tuple[str, np.ndarray, dict[str, Any]]] = (
        ("pruned", marks.pruned, {"facecolors": "none", "edgecolors": FAINT, "linewidths": 1.0}),
        ("trained to the end", ~marks.pruned, {"color": BLUE, "alpha": 0.75, "linewidths": 0}),
    )
    for name, chosen, look in kinds:
        if chosen.any():
            axes.scatter(x[chosen], marks.scores[chosen], 26, label=name, zorder=3, **look)
    if marks.best is not None:
        axes.scatter(
            x[marks.best],
            marks.scores[marks.best],
            110,
            VERMILLION,
            marker="*",
            label="the best",
            zorder=4,
            edgecolors="white",
            linewidths=0.6,
        )


def legend(axes: Axes) -> None:
    """Name the kinds of trials above the axes, where there are several."""
    handles, names = axes.get_legend_handles_labels()
    if len(names) > 1:
        axes.get_figure(root=True).legend(  # type: ignore[union-attr]
            handles, names, loc="outside upper center", ncols=len(names), frameon=False, fontsize=9, labelcolor=INK
        )
