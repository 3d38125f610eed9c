"""Classifiers: from a latent to logits (num_classes,). One builder a file."""

from kerasae.utils.modules import import_all

import_all(__name__, __path__)
