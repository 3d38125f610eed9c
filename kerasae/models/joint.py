"""The joint autoencoder-classifier: one encoder, a reconstruction head and a softmax head."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import keras
from keras import ops

from kerasae.layers import Polarity, sharing
from kerasae.losses import ReconstructionLoss
from kerasae.metrics import LabelledAccuracy


@keras.saving.register_keras_serializable("kerasae")
class JointAutoencoder(keras.Model):
    """A functional model from uint8 pictures to a dict of the heads that exist.

    Input: (batch, height, width, channels), [0, 255]. Outputs, float32 whatever the precision inside:
    `reconstruction` (batch, height, width, channels) in [0, 1] and `label` (batch, num_classes), softmax.
    Pictures are scaled to [0, 1] in float32 before the encoder, since bfloat16 cannot hold 256 grey levels.

    The parts stay usable alone as `encoder` (scaled pictures to latents), `decoder` (latents to scaled pictures) and
    `classifier` (latents to logits). Several models may share parts: training one trains all. Supervised autoencoders:
    Le, Patterson and White, 2018, NeurIPS 31.

    An encoder with a `Polarity` layer forgets which polarity a picture came in, and its decoder knows but one; this
    model turns each reconstruction back to the polarity of its picture.

    Args:
        encoder: model from (height, width, channels) to a latent.
        decoder: model from the latent to (height, width, channels), or None for no reconstruction head.
        classifier: model from the latent to (num_classes,) logits, or None for no softmax head.

    Raises:
        ValueError: neither head is given, or the parts' shapes do not meet.
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model | None = None,
        classifier: keras.Model | None = None,
        **kwargs: Any,
    ) -> None:
        image_shape = tuple(encoder.input_shape[1:])
        _check_parts(encoder, decoder, classifier)
        images = keras.Input(image_shape, dtype="uint8", name="images")
        scaled = keras.layers.Rescaling(1 / 255, dtype="float32", name="scale")(images)
        latent = encoder(scaled)
        outputs = {}
        if decoder is not None:
            decoded = decoder(latent)
            for layer in encoder.layers:
                decoded = layer(decoded, like=scaled) if isinstance(layer, Polarity) else decoded
            outputs["reconstruction"] = keras.layers.Activation("linear", dtype="float32", name="reconstruction")(
                decoded
            )
        if classifier is not None:
            outputs["label"] = keras.layers.Softmax(dtype="float32", name="label")(classifier(latent))
        kwargs.setdefault("name", "joint_autoencoder")
        super().__init__(inputs=images, outputs=outputs, **kwargs)
        self.encoder = encoder
        self.decoder = decoder
        self.classifier = classifier
        self.head_losses: Mapping[str, Any] = {}
        self.head_weights: Mapping[str, Any] = {}
        self.head_means = [keras.metrics.Mean(name=f"{head}_loss") for head in self.heads]

    @property
    def heads(self) -> tuple[str, ...]:
        """The names of the outputs."""
        return tuple(self.output_names)

    def compile(
        self,
        optimizer: Any = "adam",
        loss: Mapping[str, Any] | None = None,
        loss_weights: Mapping[str, Any] | None = None,
        metrics: Any = None,
        **kwargs: Any,
    ) -> None:
        """Compile with a loss for each head.

        Args:
            optimizer: a Keras optimizer or its name.
            loss: a Keras loss a head; by default mean squared error over pixels and cross-entropy over classes.
            loss_weights: a number or a scalar `keras.Variable` a head, 1 by default. A variable may be assigned to
                between steps: no new compilation is needed.
            metrics: as in Keras; by default `LabelledAccuracy` on the softmax head.
        """
        losses = dict(loss) if loss is not None else default_losses()
        unknown = sorted((set(loss or {}) | set(loss_weights or {})) - set(self.heads))
        if unknown:
            raise ValueError(f"loss, loss_weights: expected heads of {list(self.heads)}. Received: {unknown}")
        # Proxies, because Keras would take the variables in a plain dict for weights of the model and save them.
        self.head_losses = MappingProxyType({h: keras.losses.get(losses[h]) for h in self.heads if h in losses})
        self.head_weights = MappingProxyType({h: (loss_weights or {}).get(h, 1.0) for h in self.head_losses})
        if metrics is None:
            # Keras puts the output's name before a metric's only where there are several outputs.
            name = "accuracy" if len(self.heads) > 1 else "label_accuracy"
            metrics = {head: [LabelledAccuracy(name)] for head in self.heads if head == "label"}
        super().compile(optimizer=optimizer, loss=dict(self.head_losses), metrics=metrics, **kwargs)

    def get_compile_config(self) -> dict[str, Any] | None:
        """Return what `compile_from_config` needs; a loss weight that is a variable is kept as its present value."""
        if not self.compiled:
            return None
        return {
            **super().get_compile_config(),
            "loss_weights": {head: float(weight) for head, weight in self.head_weights.items()},
        }

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as when saved."""
        config = keras.saving.deserialize_keras_object(config)
        self.compile(**config)
        if getattr(self, "optimizer", None) is not None and self.built:
            self.optimizer.build(self.trainable_variables)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the sum over heads of loss weight times (sum of weight times loss over the batch size).

        Losses that the layers add (regularizers) come on top. Each head's mean is kept exactly over uneven batches.
        """
        del x, training
        total = ops.zeros(())
        for head, mean in zip(self.heads, self.head_means, strict=True):
            if head not in self.head_losses:
                continue
            loss = self.head_losses[head]
            values = (loss.call if isinstance(loss, keras.losses.Loss) else loss)(y[head], y_pred[head])
            values = ops.mean(ops.reshape(values, (ops.shape(values)[0], -1)), axis=-1)
            if sample_weight is not None:
                weight = sample_weight[head] if isinstance(sample_weight, Mapping) else sample_weight
                values = values * ops.cast(weight, values.dtype)
            mean.update_state(values)
            total = total + ops.convert_to_tensor(self.head_weights[head], "float32") * ops.mean(values)
        for loss in self.losses:
            total = total + ops.sum(ops.cast(loss, "float32"))
        return _scaled_for_replicas(total)

    def get_config(self) -> dict[str, Any]:
        """Return every argument; the parts in full."""
        parts = {"encoder": self.encoder, "decoder": self.decoder, "classifier": self.classifier}
        return {
            "name": self.name,
            "trainable": self.trainable,
            **{name: part and keras.saving.serialize_keras_object(part) for name, part in parts.items()},
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> JointAutoencoder:
        """Build the model from `get_config`'s result."""
        config = dict(config)

        def revive(name: str) -> keras.Model | None:
            part = config[name]
            return part and keras.saving.deserialize_keras_object(part, custom_objects=custom_objects)

        encoder: Any = revive("encoder")
        with sharing(encoder.layers):
            return cls(
                **{**config, "encoder": encoder, "decoder": revive("decoder"), "classifier": revive("classifier")}
            )


def default_losses() -> dict[str, keras.losses.Loss]:
    """Return the loss of each head that `JointAutoencoder` takes when none is given."""
    return {"reconstruction": ReconstructionLoss(), "label": keras.losses.CategoricalCrossentropy()}


def _check_parts(encoder: keras.Model, decoder: keras.Model | None, classifier: keras.Model | None) -> None:
    if decoder is None and classifier is None:
        raise ValueError("decoder, classifier: expected at least one of them. Received: None and None")
    for name, part in (("decoder", decoder), ("classifier", classifier)):
        if part is not None and part.input_shape[1:] != encoder.output_shape[1:]:
            raise ValueError(
                f"{name}: expected a model whose input is the latent {encoder.output_shape[1:]}. "
                f"Received: a model that takes {part.input_shape[1:]}"
            )
    if decoder is not None and decoder.output_shape != encoder.input_shape:
        raise ValueError(
            f"decoder: expected a model whose output is the picture {encoder.input_shape[1:]}. "
            f"Received: a model that gives {decoder.output_shape[1:]}"
        )
    if classifier is not None and len(classifier.output_shape) != 2:
        raise ValueError(f"classifier: expected one row of logits. Received: output shape {classifier.output_shape}")


def _scaled_for_replicas(loss: Any) -> Any:
    """Divide by the replicas, as Keras' own losses do, because gradients are summed over them."""
    if keras.backend.backend() != "tensorflow":
        return loss
    import tensorflow as tf

    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    return loss / replicas if replicas > 1 else loss
