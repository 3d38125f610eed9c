"""Figures of a search, one idea a file: plain data in, a matplotlib Figure out, in the look of a report's."""

from kerasae.experiments.search.figures.importance import importance
from kerasae.experiments.search.figures.learning_curves import courses
from kerasae.experiments.search.figures.parallel_coordinates import parallel
from kerasae.experiments.search.figures.pareto_front import costs
from kerasae.experiments.search.figures.progress import progress
from kerasae.experiments.search.figures.slices import slices

__all__ = ["costs", "courses", "importance", "parallel", "progress", "slices"]
