"""Optimizers by name, among them AdaBound, which Keras lacks, and an SGD with two learning rates."""

from kerasae.optimizers.adabound import AdaBound
from kerasae.optimizers.named import OPTIMIZERS
from kerasae.optimizers.sgd import SGD

__all__ = ["OPTIMIZERS", "SGD", "AdaBound"]
