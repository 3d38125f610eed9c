"""Training: the phases of a recipe, callbacks, and resuming."""

from kerasae.training.callbacks import BestWeights, DivergedError, StopOnNaN
from kerasae.training.checkpoint import Checkpoint
from kerasae.training.fit import fit
from kerasae.training.gradient_norm import GradientNormBalance
from kerasae.training.loss_weights import LossWeights
from kerasae.training.moving_statistics import MovingStatistics, estimate

__all__ = [
    "BestWeights",
    "Checkpoint",
    "DivergedError",
    "GradientNormBalance",
    "LossWeights",
    "MovingStatistics",
    "StopOnNaN",
    "estimate",
    "fit",
]
