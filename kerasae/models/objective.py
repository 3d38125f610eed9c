"""Pieces of the joint model's cost: losses an image, weights by reconstruction error, and what replicas share."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from kerasae.losses import LabelLoss, ReconstructionLoss


def default_losses() -> dict[str, keras.losses.Loss]:
    """Return the loss of each head that `JointAutoencoder` takes when none is given."""
    return {"reconstruction": ReconstructionLoss(), "label": LabelLoss()}


def elbo_weight(image_shape: tuple[int, ...]) -> float:
    """Return the weight of the divergence in nats that makes the loss an evidence lower bound a pixel value.

    With D values an image and a reconstruction loss averaged over them of weight w, D w loss is -log p(image |
    latent) less a constant for a Gaussian decoder of variance 1 / (2 w) (squared error), for a Laplace one of scale
    1 / w (absolute error) and, at w = 1, for a Bernoulli one (cross-entropy). Adding the divergence gives the negative
    bound; divided by D it is w loss + divergence / D.
    """
    return 1.0 / math.prod(image_shape)


def per_image(loss: Any, true: Any, predicted: Any) -> Any:
    """Return a Keras loss, reduced over all but the first axis: shape (batch,)."""
    values = (loss.call if isinstance(loss, keras.losses.Loss) else loss)(true, predicted)
    return ops.mean(ops.reshape(values, (ops.shape(values)[0], -1)), axis=-1)


def error_weights(errors: Any, counted: Any, power: float) -> Any:
    """Weigh images by their reconstruction error to a power, over its mean on the images that count.

    Errors are taken as they are: no gradient runs through the weights, so that nothing is gained by rebuilding badly.
    As the weights average 1 over the images that count, the label loss keeps its size; replicas share the mean.

    Args:
        errors: (batch,), each image's reconstruction loss.
        counted: (batch,), the weight of each image's label, 0 without one.
        power: 0 weighs all alike, 1 in proportion to the error.
    """
    raised = ops.power(ops.stop_gradient(errors) + keras.config.epsilon(), power)
    counted = ops.cast(counted > 0, "float32")
    mean = replica_mean(ops.mean(raised * counted)) / ops.maximum(replica_mean(ops.mean(counted)), 1e-12)
    return raised / ops.maximum(mean, 1e-12)


def replica_mean(value: Any) -> Any:
    """Return the mean of a value over the replicas of a distribution strategy, each of which holds as many images."""
    if num_replicas() == 1:
        return value
    import tensorflow as tf

    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.MEAN, value)


def scaled_for_replicas(loss: Any) -> Any:
    """Divide by the replicas, as Keras' own losses do, because gradients are summed over them."""
    replicas = num_replicas()
    return loss / replicas if replicas > 1 else loss


def num_replicas() -> int:
    """Return how many replicas train together; 1 outside of them."""
    if keras.backend.backend() != "tensorflow":
        return 1
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    return 1 if context is None else int(context.num_replicas_in_sync)
