"""Training: the phases of a recipe, callbacks, and resuming."""

from kerasae.training.callbacks import BestWeights, DivergedError, StopOnNaN
from kerasae.training.checkpoint import Checkpoint
from kerasae.training.fit import fit
from kerasae.training.gradient_norm import GradientNormBalance
from kerasae.training.loss_weights import LossWeights

__all__ = ["BestWeights", "Checkpoint", "DivergedError", "GradientNormBalance", "LossWeights", "StopOnNaN", "fit"]
