"""Pieces of the joint model's objective: losses and weights of single images, and means over replicas."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from kerasae.losses import LabelLoss, ReconstructionLoss

if TYPE_CHECKING:
    from kerasae.models.pseudo_labels import PseudoLabels


def default_losses() -> dict[str, keras.losses.Loss]:
    """Return the loss of each head that `JointAutoencoder` takes when none is given."""
    return {"reconstruction": ReconstructionLoss(), "label": LabelLoss()}


def check_needs_both_heads(
    heads: Collection[str], losses: Collection[str], error_focus: float, pseudo_labels: PseudoLabels | None
) -> None:
    """Refuse an error focus or pseudo-labels for a model whose heads do not both have a loss.

    Raises:
        ValueError: one of them is set without both losses, or the focus is negative.
    """
    both = {"reconstruction", "label"} <= set(losses) & set(heads)
    if error_focus < 0 or (error_focus and not both):
        raise ValueError(
            "error_focus: expected a number from 0, above it only with losses of both heads. "
            f"Received: {error_focus} and the heads {list(heads)}"
        )
    if pseudo_labels is not None and not both:
        raise ValueError(
            f"pseudo_labels: expected them only with losses of both heads. Received: the heads {list(heads)}"
        )


def elbo_weight(image_shape: tuple[int, ...]) -> float:
    """Return the weight of the divergence in nats that makes the loss an evidence lower bound per pixel value.

    Let an image have D values, and let the reconstruction loss be their mean, of weight w. Then D w loss is
    -log p(image | latent) minus a constant for a Gaussian decoder of variance 1 / (2 w) (squared error), for a Laplace
    decoder of scale 1 / w (absolute error) and, at w = 1, for a Bernoulli decoder (cross-entropy). Adding the
    divergence gives the negative bound; divided by D it is w loss + divergence / D.
    """
    return 1.0 / math.prod(image_shape)


def per_image(loss: Any, true: Any, predicted: Any) -> Any:
    """Return the loss of each image: a Keras loss reduced over all axes but the first, shape (batch,)."""
    values = (loss.call if isinstance(loss, keras.losses.Loss) else loss)(true, predicted)
    return ops.mean(ops.reshape(values, (ops.shape(values)[0], -1)), axis=-1)


def image_weights(sample_weight: Any, head: str, target: Any) -> Any:
    """Return the weight of each image of a batch for a head, float32 (batch,)."""
    weight = sample_weight[head] if isinstance(sample_weight, Mapping) else sample_weight
    return ops.ones((ops.shape(target)[0],)) if weight is None else ops.cast(weight, "float32")


def error_weights(errors: Any, counted: Any, power: float) -> Any:
    """Return weights of labelled images by their reconstruction error: error ** power over its mean.

    No gradient flows through the weights, so that a bad reconstruction cannot lower the label loss. The weights have
    mean 1 over the labelled images, which keeps the size of the label loss; replicas share the mean.

    Args:
        errors: the reconstruction loss of each image, (batch,).
        counted: the weight of each image's label, 0 without a label, (batch,).
        power: 0 for equal weights, 1 for weights in proportion to the error.
    """
    raised = ops.power(ops.stop_gradient(errors) + keras.config.epsilon(), power)
    counted = ops.cast(counted > 0, "float32")
    mean = replica_mean(ops.mean(raised * counted)) / ops.maximum(replica_mean(ops.mean(counted)), 1e-12)
    return raised / ops.maximum(mean, 1e-12)


def replica_mean(value: Any) -> Any:
    """Return the mean of a value over the replicas of a distribution strategy, which hold equally many images."""
    if num_replicas() == 1:
        return value
    import tensorflow as tf

    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.MEAN, value)


def scaled_for_replicas(loss: Any) -> Any:
    """Divide a loss by the number of replicas, as Keras does, because gradients are summed over them."""
    replicas = num_replicas()
    return loss / replicas if replicas > 1 else loss


def num_replicas() -> int:
    """Return the number of replicas that train together; 1 outside a distribution strategy."""
    if keras.backend.backend() != "tensorflow":
        return 1
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    return 1 if context is None else int(context.num_replicas_in_sync)
