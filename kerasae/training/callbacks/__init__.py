"""Keras callbacks, one a file."""

from kerasae.training.callbacks.best_weights import BestWeights, tie_break
from kerasae.training.callbacks.checkpoint import Checkpoint
from kerasae.training.callbacks.collapse_warning import CollapseWarning
from kerasae.training.callbacks.early_stopping import EarlyStopping
from kerasae.training.callbacks.gradient_norm_balance import GradientNormBalance
from kerasae.training.callbacks.history_writer import HistoryWriter
from kerasae.training.callbacks.loss_weights import LossWeights
from kerasae.training.callbacks.moving_statistics import MovingStatistics
from kerasae.training.callbacks.sample_grid import SampleGrid
from kerasae.training.callbacks.stop_on_nan import DivergedError, StopOnNaN

__all__ = [
    "BestWeights",
    "Checkpoint",
    "CollapseWarning",
    "DivergedError",
    "EarlyStopping",
    "GradientNormBalance",
    "HistoryWriter",
    "LossWeights",
    "MovingStatistics",
    "SampleGrid",
    "StopOnNaN",
    "tie_break",
]
