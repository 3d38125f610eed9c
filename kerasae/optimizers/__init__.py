"""Optimizers: those that a recipe may name, and AdaBound, which Keras lacks."""

from kerasae.optimizers.adabound import AdaBound
from kerasae.optimizers.named import OPTIMIZERS

__all__ = ["OPTIMIZERS", "AdaBound"]
