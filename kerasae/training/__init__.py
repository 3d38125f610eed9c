"""Training: the phases of a recipe, callbacks, and checkpoints."""

from kerasae.training.callbacks import (
    BestWeights,
    Checkpoint,
    DivergedError,
    GradientNormBalance,
    LossWeights,
    MovingStatistics,
    StopOnNaN,
)
from kerasae.training.joint import fit
from kerasae.training.moving_statistics import estimate

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
