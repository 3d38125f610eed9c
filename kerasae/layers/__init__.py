"""Layers that plain Keras code may use alone."""

from kerasae.layers.batch_normalization import BatchNormalization
from kerasae.layers.gaussian_latent import GaussianLatent, PriorDivergence
from kerasae.layers.tied_conv2d import TiedConv2D
from kerasae.layers.transposed import Transposed, sharing
from kerasae.layers.uncertainty import UncertaintyWeights

__all__ = [
    "BatchNormalization",
    "GaussianLatent",
    "PriorDivergence",
    "TiedConv2D",
    "Transposed",
    "UncertaintyWeights",
    "sharing",
]
