"""The figures of a report on OOD images, one a file."""

from kerasae.ood.figures.curves import risk
from kerasae.ood.figures.images import accepted, heatmaps
from kerasae.ood.figures.scores import compared, distributions

__all__ = ["accepted", "compared", "distributions", "heatmaps", "risk"]
