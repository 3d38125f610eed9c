"""Figures of a comparison, one a file: plain data in, a matplotlib Figure out."""

from kerasae.experiments.comparison.figures.differences import differences
from kerasae.experiments.comparison.figures.learning_curves import learning_curves
from kerasae.experiments.comparison.figures.per_class import per_class
from kerasae.experiments.comparison.figures.scores import scores
from kerasae.experiments.comparison.figures.side_by_side import side_by_side
from kerasae.experiments.comparison.figures.weights import weights

__all__ = ["differences", "learning_curves", "per_class", "scores", "side_by_side", "weights"]
