"""Figures of a search, one idea a file: plain data in, a matplotlib Figure out, in the look of a report's."""

from kerasae.search.figures.costs import costs
from kerasae.search.figures.courses import courses
from kerasae.search.figures.importance import importance
from kerasae.search.figures.parallel import parallel
from kerasae.search.figures.progress import progress
from kerasae.search.figures.slices import slices

__all__ = ["costs", "courses", "importance", "parallel", "progress", "slices"]
