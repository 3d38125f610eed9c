"""What a trained model's latent space looks like: maps, distances, neighbours, and the model's inside."""

from kerasae.explore.near import Neighbour, nearest
from kerasae.explore.plan import METHODS, SPLITS, Plan
from kerasae.explore.write import write_exploration

__all__ = ["METHODS", "SPLITS", "Neighbour", "Plan", "nearest", "write_exploration"]
