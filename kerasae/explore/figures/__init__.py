"""The pictures of an exploration; each takes plain arrays and returns a matplotlib Figure."""

from kerasae.explore.figures.distances import centroids, purities
from kerasae.explore.figures.inside import activations, filters
from kerasae.explore.figures.neighbours import neighbours
from kerasae.explore.figures.points import maps, plane
from kerasae.explore.figures.variance import variance

__all__ = ["activations", "centroids", "filters", "maps", "neighbours", "plane", "purities", "variance"]
