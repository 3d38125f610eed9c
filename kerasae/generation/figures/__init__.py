"""The figures of generated images; each function takes plain data and returns a matplotlib Figure."""

from kerasae.generation.figures.agreement import agreement
from kerasae.generation.figures.balance import balance
from kerasae.generation.figures.copies import copies
from kerasae.generation.figures.distances import distances
from kerasae.generation.figures.sample_grid import sample_grid
from kerasae.generation.figures.training_curve import training_curve

__all__ = ["agreement", "balance", "copies", "distances", "sample_grid", "training_curve"]
