"""Layers that plain Keras code may use alone."""

from kerasae.layers.batch_normalization import BatchNormalization
from kerasae.layers.depth_to_space import DepthToSpace
from kerasae.layers.gaussian_latent import GaussianLatent, PriorDivergence
from kerasae.layers.log_probabilities import LogProbabilities
from kerasae.layers.negative_product import NegativeProduct
from kerasae.layers.pixel_scale import PixelScale
from kerasae.layers.polarity import Polarity
from kerasae.layers.rejection import Rejection
from kerasae.layers.tied_conv2d import TiedConv2D
from kerasae.layers.tied_dense import TiedDense
from kerasae.layers.transposed import Transposed, sharing
from kerasae.layers.uncertainty import UncertaintyWeights
from kerasae.layers.whitening import Whitening

__all__ = [
    "BatchNormalization",
    "DepthToSpace",
    "GaussianLatent",
    "LogProbabilities",
    "NegativeProduct",
    "PixelScale",
    "Polarity",
    "PriorDivergence",
    "Rejection",
    "TiedConv2D",
    "TiedDense",
    "Transposed",
    "UncertaintyWeights",
    "Whitening",
    "sharing",
]
