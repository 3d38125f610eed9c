"""Encoders: from scaled images (height, width, channels) to a latent. One builder a file."""

from kerasae.models.encoders import baseline, inception, lenet, mlp, nasnet, prototype, residual, strided, vgg

__all__ = ["baseline", "inception", "lenet", "mlp", "nasnet", "prototype", "residual", "strided", "vgg"]
