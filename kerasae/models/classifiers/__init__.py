"""Classifiers: from a latent to logits (num_classes,). One builder a file."""

from kerasae.models.classifiers import baseline, prototype, vgg

__all__ = ["baseline", "prototype", "vgg"]
