"""Generators: from noise, and the row of a class where one is asked for, to scaled images. One builder a file."""

from kerasae.models.generators import convolutional, dense

__all__ = ["convolutional", "dense"]
