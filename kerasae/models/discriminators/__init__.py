"""Discriminators: from scaled images to how real they look, and what they show. One builder a file."""

from kerasae.models.discriminators import convolutional, dense

__all__ = ["convolutional", "dense"]
