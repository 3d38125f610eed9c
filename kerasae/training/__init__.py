"""Training: the phases of a recipe, callbacks, and resuming."""

from kerasae.training.callbacks import BestWeights, DivergedError, StopOnNaN
from kerasae.training.checkpoint import Checkpoint
from kerasae.training.fit import fit

__all__ = ["BestWeights", "Checkpoint", "DivergedError", "StopOnNaN", "fit"]
