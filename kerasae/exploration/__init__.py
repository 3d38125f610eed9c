"""Exploration of a trained model's latent space: maps, distances, nearest neighbours, filters and activations."""

from kerasae.exploration.nearest_images import write_nearest_images
from kerasae.exploration.neighbors import Neighbour
from kerasae.exploration.options import MAP_METHODS, SPLITS, ExplorationOptions
from kerasae.exploration.report import write_exploration

__all__ = [
    "MAP_METHODS",
    "SPLITS",
    "ExplorationOptions",
    "Neighbour",
    "write_exploration",
    "write_nearest_images",
]
