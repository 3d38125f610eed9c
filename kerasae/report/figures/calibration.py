"""A reliability diagram: accuracy against confidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import PercentFormatter

from kerasae.report.style import BLUE, FAINT, INK, VERMILLION, finish, new_figure, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from kerasae.evaluation.calibration import Reliability

MIN_PREDICTIONS = 10  # a bin with fewer predictions is drawn pale


def calibration(bins: Reliability) -> Figure:
    """Draw a reliability diagram: accuracy by confidence at the top, the number of predictions at the bottom."""
    figure = new_figure(4.3)
    axes, counts = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    tidy(axes)
    tidy(counts)
    width = bins.edges[1] - bins.edges[0]
    filled = bins.count > 0
    centers = (bins.edges[:-1] + width / 2)[filled]
    opacities = [0.35 if count < MIN_PREDICTIONS else 0.9 for count in bins.count[filled]]
    bars = axes.bar(centers, bins.accuracy[filled], width * 0.92, color=BLUE)
    for bar, alpha in zip(bars, opacities, strict=True):
        bar.set_alpha(alpha)
    axes.plot([0, 1], [0, 1], "--", c=FAINT, lw=1.2, label="perfect calibration")
    axes.plot(
        bins.confidence[filled],
        bins.accuracy[filled],
        "o",
        ms=4.5,
        c=VERMILLION,
        mec="white",
        mew=0.6,
        label="mean confidence",
    )
    axes.set_ylim(0, 1.03)
    axes.set_ylabel("accuracy", color=INK)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    figure.legend(loc="outside upper center", ncols=2, frameon=False, fontsize=9, labelcolor=INK)

    counts.bar(centers, bins.count[filled], width * 0.92, color="#c9ced6")
    counts.set_yscale("log")
    counts.set_ylim(0.7, max(10, bins.count.max() * 2))
    counts.yaxis.set_major_formatter("{x:,.0f}")
    counts.minorticks_off()
    counts.set_ylabel("images\n(log scale)", color=INK, fontsize=9)
    counts.set_xlim(0, 1)
    counts.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    counts.set_xlabel("confidence (largest probability)", color=INK)
    return finish(figure)
