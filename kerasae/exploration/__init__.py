"""What a trained model's latent space looks like: maps, distances, neighbours, and the model's inside."""

from kerasae.exploration.neighbors import Neighbour, nearest
from kerasae.exploration.plan import METHODS, SPLITS, Plan
from kerasae.exploration.report import write_exploration

__all__ = ["METHODS", "SPLITS", "Neighbour", "Plan", "nearest", "write_exploration"]
