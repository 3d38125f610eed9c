"""How trials are drawn in every figure of a search: by status, with the best one highlighted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kerasae.report.style import BLUE, FAINT, INK, VERMILLION

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class ScoredTrials:
    """The trials with a score, in order.

    Attributes:
        scores: the objective, float (n,).
        pruned: bool (n,), whether the trial was pruned.
        best: index of the best trial; None if no trial was completed.
        objective: the objective's name.
        larger: whether larger scores are better.
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

    def subset(self, chosen: np.ndarray) -> ScoredTrials:
        """Return the trials of a mask, bool (n,)."""
        best = None if self.best is None or not chosen[self.best] else int(chosen[: self.best].sum())
        return ScoredTrials(self.scores[chosen], self.pruned[chosen], best, self.objective, self.larger)


def scatter(axes: Axes, x: np.ndarray, trials: ScoredTrials) -> None:
    """Draw each trial as a point, float (n,) over the scores: filled, hollow if pruned, a star for the best one."""
    kinds: Sequence[tuple[str, np.ndarray, dict[str, Any]]] = (
        ("pruned", trials.pruned, {"facecolors": "none", "edgecolors": FAINT, "linewidths": 1.0}),
        ("completed", ~trials.pruned, {"color": BLUE, "alpha": 0.75, "linewidths": 0}),
    )
    for name, chosen, style in kinds:
        if chosen.any():
            axes.scatter(x[chosen], trials.scores[chosen], 26, label=name, zorder=3, **style)
    if trials.best is not None:
        axes.scatter(
            x[trials.best],
            trials.scores[trials.best],
            110,
            VERMILLION,
            marker="*",
            label="best",
            zorder=4,
            edgecolors="white",
            linewidths=0.6,
        )


def legend(axes: Axes) -> None:
    """Draw a legend above the figure if it shows several kinds of trials."""
    handles, names = axes.get_legend_handles_labels()
    if len(names) > 1:
        axes.get_figure(root=True).legend(  # type: ignore[union-attr]
            handles, names, loc="outside upper center", ncols=len(names), frameon=False, fontsize=9, labelcolor=INK
        )
