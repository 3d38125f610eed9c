"""Discriminators: from scaled images to how real they look, and what they show. One builder a file."""

from kerasae.utils.modules import import_all

import_all(__name__, __path__)
