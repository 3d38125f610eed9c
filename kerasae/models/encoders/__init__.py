"""Encoders: from scaled pictures (height, width, channels) to a latent. One builder a file."""

from kerasae.models.encoders import baseline, prototype, vgg

__all__ = ["baseline", "prototype", "vgg"]
