"""The figures of a page about strangers."""

from kerasae.ood.figures.curves import risk
from kerasae.ood.figures.images import accepted, heatmaps
from kerasae.ood.figures.scores import compared, distributions

__all__ = ["accepted", "compared", "distributions", "heatmaps", "risk"]
