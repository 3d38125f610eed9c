"""Classifiers: from a latent to logits (num_classes,). One builder a file."""

from kerasae.models.classifiers import baseline, conv1d, latent, lenet, mlp, prototype, residual, vgg

__all__ = ["baseline", "conv1d", "latent", "lenet", "mlp", "prototype", "residual", "vgg"]
