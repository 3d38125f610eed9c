"""The figures of a page about made images."""

from kerasae.generation.figures.agreement import agreement
from kerasae.generation.figures.balance import balance
from kerasae.generation.figures.copies import copies
from kerasae.generation.figures.distances import distances
from kerasae.generation.figures.sample_grid import sheet
from kerasae.generation.figures.training_curve import course

__all__ = ["agreement", "balance", "copies", "course", "distances", "sheet"]
