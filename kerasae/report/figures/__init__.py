"""Figures of a report, one idea a file: plain data in, a matplotlib Figure out, no state of pyplot, no display."""

from kerasae.report.figures.calibration import calibration
from kerasae.report.figures.confusion import confusion
from kerasae.report.figures.counts import class_counts
from kerasae.report.figures.curves import curves, weights
from kerasae.report.figures.mistakes import mistakes
from kerasae.report.figures.per_class import per_class
from kerasae.report.figures.pixels import pixels
from kerasae.report.figures.reconstructions import reconstructions

__all__ = [
    "calibration",
    "class_counts",
    "confusion",
    "curves",
    "mistakes",
    "per_class",
    "pixels",
    "reconstructions",
    "weights",
]
