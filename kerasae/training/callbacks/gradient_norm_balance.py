"""Balance the heads by the gradients of their losses on the latent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from kerasae.models.assembly import restore_polarity
from kerasae.models.objective import per_image
from kerasae.utils.pixels import scale_image_tensor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kerasae.models import JointAutoencoder


class GradientNormBalance(keras.callbacks.Callback):
    """Weights every head by the inverse of the norm of its loss's gradient on the latent, before each epoch.

    This is the fixed point of GradNorm (Chen et al., 2018, arXiv 1711.02257) with asymmetry 0, computed directly:
    there is no second optimizer and no extra work in a step. As there, the weights of K heads sum to K. The gradients
    are those of training on one batch. Batch statistics and seeds are restored, so that only the loss weights change
    and a resumed run computes the same ones. Where a head has no gradient, because the batch has no label, the weights
    stay as they are.

    For the TensorFlow backend. Works on a `JointAutoencoder` that is compiled with a `keras.Variable` as the weight of
    each head.

    Args:
        images: uint8 (n, height, width, channels).
        targets: by head, as in training.
        weights: sample weights by head, (n,), as in training.

    Raises:
        ValueError: when training begins, if the model has one head or a weight that is no variable.
    """

    def __init__(self, images: Any, targets: Mapping[str, Any], weights: Mapping[str, Any]) -> None:
        super().__init__()
        self.batch = images, dict(targets), dict(weights)

    def on_train_begin(self, logs: Any = None) -> None:
        """Check the model and compile the measurement."""
        constant = [head for head in self.model.heads if not isinstance(self.model.term_weights[head], keras.Variable)]
        if len(self.model.heads) < 2 or constant:
            raise ValueError(
                "GradientNormBalance: expected two heads, each with a keras.Variable as its loss weight. Received: "
                f"heads {list(self.model.heads)}, without a variable {constant}"
            )
        self._norms = _compiled(self.model)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Measure the gradients and set the weights."""
        state = [(variable, keras.ops.convert_to_numpy(variable)) for variable in self.model.non_trainable_variables]
        norms = self._norms(*self.batch)
        for variable, value in state:
            variable.assign(value)
        if all(np.isfinite(norm) and norm > 0 for norm in norms.values()):
            inverse = {head: 1 / norm for head, norm in norms.items()}
            for head, value in inverse.items():
                self.model.term_weights[head].assign(len(inverse) * value / sum(inverse.values()))


def latent_gradient_norms(
    model: JointAutoencoder, images: Any, targets: Mapping[str, Any], weights: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the norm of each head's loss gradient on the latents of a batch, in training mode.

    Losses are summed over the batch, because the gradients of a mean could underflow in float16.
    """
    import tensorflow as tf

    scaled = scale_image_tensor(images)
    latent = model.encoder(scaled, training=True)
    heads: dict[str, Any] = {"reconstruction": model.decoder, "label": model.classifier}
    norms = {}
    for head in model.heads:
        with tf.GradientTape() as tape:
            tape.watch(latent)
            output = heads[head](latent, training=True)
            if head == "reconstruction":
                output = restore_polarity(model.encoder, output, scaled)
            prediction = model.get_layer(head)(output)
            values = per_image(model.head_losses[head], tf.cast(targets[head], tf.float32), prediction)
            loss = tf.reduce_sum(values * tf.cast(weights[head], values.dtype))
        gradient = tf.cast(tape.gradient(loss, latent), tf.float32)
        norms[head] = tf.sqrt(tf.reduce_sum(tf.square(gradient)))
    return norms


def _compiled(model: JointAutoencoder) -> Any:
    """Return `latent_gradient_norms` as one graph, with the norms of the first replica."""
    import tensorflow as tf

    strategy = model.distribute_strategy

    @tf.function(autograph=False)
    def measure(*batch: Any) -> Any:
        return strategy.run(lambda *part: latent_gradient_norms(model, *part), args=batch)

    def norms(*batch: Any) -> dict[str, float]:
        return {head: float(strategy.experimental_local_results(norm)[0]) for head, norm in measure(*batch).items()}

    return norms
