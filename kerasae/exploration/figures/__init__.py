"""The figures of an exploration; each function takes plain arrays and returns a matplotlib Figure."""

from kerasae.exploration.figures.activations import activations, filters
from kerasae.exploration.figures.distances import centroids, purities
from kerasae.exploration.figures.neighbors import neighbours
from kerasae.exploration.figures.points import maps, plane
from kerasae.exploration.figures.variance import variance
from kerasae.exploration.figures.weights import weights

__all__ = ["activations", "centroids", "filters", "maps", "neighbours", "plane", "purities", "variance", "weights"]
