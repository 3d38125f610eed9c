"""kerasae: joint autoencoder-classifiers in Keras 3, from a folder of images to a served model."""

from kerasae._version import __version__

__all__ = ["__version__"]
