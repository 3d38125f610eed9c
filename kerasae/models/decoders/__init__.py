"""Decoders: from a latent to scaled images (height, width, channels). One builder a file."""

from kerasae.models.decoders import baseline, mirror, mlp, prototype, strided, subpixel, vgg

__all__ = ["baseline", "mirror", "mlp", "prototype", "strided", "subpixel", "vgg"]
