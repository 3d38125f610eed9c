"""Encoders: from scaled pictures (height, width, channels) to a latent. One builder a file."""

from kerasae.models.encoders import baseline, lenet, mlp, prototype, residual, strided, vgg

__all__ = ["baseline", "lenet", "mlp", "prototype", "residual", "strided", "vgg"]
