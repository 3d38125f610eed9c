"""Layers that plain Keras code may use alone."""

from kerasae.layers.batch_normalization import BatchNormalization
from kerasae.layers.pixel_scale import PixelScale
from kerasae.layers.tied_conv2d import TiedConv2D
from kerasae.layers.transposed import Transposed, sharing

__all__ = ["BatchNormalization", "PixelScale", "TiedConv2D", "Transposed", "sharing"]
