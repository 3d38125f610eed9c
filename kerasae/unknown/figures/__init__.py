"""The figures of a page about strangers."""

from kerasae.unknown.figures.curves import risk
from kerasae.unknown.figures.pictures import accepted, heatmaps
from kerasae.unknown.figures.scores import compared, distributions

__all__ = ["accepted", "compared", "distributions", "heatmaps", "risk"]
