"""Generators: from noise, and the row of a class where one is asked for, to scaled images. One builder a file."""

from kerasae.utils.modules import import_all

import_all(__name__, __path__)
