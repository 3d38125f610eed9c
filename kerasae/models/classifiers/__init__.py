"""Classifiers: from a latent to logits (num_classes,). One builder a file."""

from kerasae.models.classifiers import baseline, vgg

__all__ = ["baseline", "vgg"]
