"""The figures of a page about made pictures."""

from kerasae.generation.figures.agreement import agreement
from kerasae.generation.figures.balance import balance
from kerasae.generation.figures.copies import copies
from kerasae.generation.figures.course import course
from kerasae.generation.figures.distances import distances
from kerasae.generation.figures.sheet import sheet

__all__ = ["agreement", "balance", "copies", "course", "distances", "sheet"]
