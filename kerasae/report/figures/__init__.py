"""The figures of a run's report; each function takes plain data and returns a matplotlib Figure, without pyplot."""

from kerasae.report.figures.calibration import calibration
from kerasae.report.figures.confusion import confusion
from kerasae.report.figures.counts import class_counts
from kerasae.report.figures.curves import curves, loss_weights
from kerasae.report.figures.mistakes import mistakes
from kerasae.report.figures.per_class import per_class
from kerasae.report.figures.pixels import pixels
from kerasae.report.figures.reconstructions import reconstructions

__all__ = [
    "calibration",
    "class_counts",
    "confusion",
    "curves",
    "loss_weights",
    "mistakes",
    "per_class",
    "pixels",
    "reconstructions",
]
