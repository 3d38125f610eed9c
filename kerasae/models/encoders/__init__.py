"""Encoders: from scaled images (height, width, channels) to a latent. One builder a file."""

from kerasae.utils.modules import import_all

import_all(__name__, __path__)
