"""Loss weights by which every head pulls equally hard on the latent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from kerasae.models.assembly import restore_polarity
from kerasae.models.objective import per_image

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kerasae.models import JointAutoencoder


class GradientNormBalance(keras.callbacks.Callback):
    """Before each epoch, weighs every head by the inverse of the norm of its loss's gradient on the latent.

    The point where GradNorm (Chen et al., 2018, arXiv 1711.02257) comes to rest with its asymmetry at 0, found at once:
    no second optimizer with a rate of its own, no more work in a step. As there, the weights of K heads sum to K. The
    gradients are those of training on one batch; batch statistics and seeds are put back, so that nothing but the
    weights changes, and a resumed run finds the same ones. A head without a gradient, for want of a label in the
    batch, leaves the weights as they are.

    For the TensorFlow backend. The model must be compiled with a `keras.Variable` as the weight of each head.

    Args:
        images: uint8 (n, height, width, channels).
        targets: by head, as in training.
        weights: by head, (n,), as in training.
    """

    def __init__(self, images: Any, targets: Mapping[str, Any], weights: Mapping[str, Any]) -> None:
        super().__init__()
        self.batch = images, dict(targets), dict(weights)

    def on_train_begin(self, logs: Any = None) -> None:
        """Prepare the measurement."""
        wrong = [head for head in self.model.heads if not isinstance(self.model.term_weights[head], keras.Variable)]
        if len(self.model.heads) < 2 or wrong:
            raise ValueError(
                "GradientNormBalance: expected two heads, each with a keras.Variable as its loss weight. Received: "
                f"heads {list(self.model.heads)}, without a variable {wrong}"
            )
        self._norms = _compiled(self.model)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Measure, and set the weights."""
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
    """Return, by head, the norm over a batch of its loss's gradient on the latents, in training mode.

    Losses are summed over the batch: a mean's gradients could vanish in float16.
    """
    import tensorflow as tf

    scaled = tf.cast(images, tf.float32) / 255.0
    latent = model.encoder(scaled, training=True)
    heads: dict[str, Any] = {"reconstruction": model.decoder, "label": model.classifier}
    norms = {}
    for head in model.heads:
        with tf.GradientTape() as tape:
            tape.watch(latent)
            answered = heads[head](latent, training=True)
            if head == "reconstruction":
                answered = restore_polarity(model.encoder, answered, scaled)
            outputs = model.get_layer(head)(answered)
            values = per_image(model.head_losses[head], tf.cast(targets[head], tf.float32), outputs)
            loss = tf.reduce_sum(values * tf.cast(weights[head], values.dtype))
        gradient = tf.cast(tape.gradient(loss, latent), tf.float32)
        norms[head] = tf.sqrt(tf.reduce_sum(tf.square(gradient)))
    return norms


def _compiled(model: JointAutoencoder) -> Any:
    """Return `latent_gradient_norms` as one graph, measured by the first replica."""
    import tensorflow as tf

    strategy = model.distribute_strategy

    @tf.function(autograph=False)
    def measured(*batch: Any) -> Any:
        return strategy.run(lambda *one: latent_gradient_norms(model, *one), args=batch)

    def norms(*batch: Any) -> dict[str, float]:
        return {head: float(strategy.experimental_local_results(norm)[0]) for head, norm in measured(*batch).items()}

    return norms
