"""Decoders: from a latent to scaled images (height, width, channels). One builder a file."""

from kerasae.utils.modules import import_all

import_all(__name__, __path__)
