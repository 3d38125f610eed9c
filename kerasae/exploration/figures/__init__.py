"""The images of an exploration; each takes plain arrays and returns a matplotlib Figure."""

from kerasae.exploration.figures.activations import activations, filters
from kerasae.exploration.figures.distances import centroids, purities
from kerasae.exploration.figures.neighbors import neighbours
from kerasae.exploration.figures.points import maps, plane
from kerasae.exploration.figures.variance import variance

__all__ = ["activations", "centroids", "filters", "maps", "neighbours", "plane", "purities", "variance"]
