"""Figures of a search, one a file: plain data in, a matplotlib Figure out, in the style of the reports."""

from kerasae.experiments.search.figures.importance import importance
from kerasae.experiments.search.figures.learning_curves import learning_curves
from kerasae.experiments.search.figures.parallel_coordinates import parallel_coordinates
from kerasae.experiments.search.figures.pareto_front import pareto_front
from kerasae.experiments.search.figures.progress import progress
from kerasae.experiments.search.figures.slices import slices

__all__ = ["importance", "learning_curves", "parallel_coordinates", "pareto_front", "progress", "slices"]
