"""The joint autoencoder-classifier: one encoder, a reconstruction head and a softmax head."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import keras
from keras import ops

from kerasae.layers import UncertaintyWeights, sharing
from kerasae.losses import LabelLoss
from kerasae.metrics import LabelledAccuracy
from kerasae.models.assembly import check_parts, wire
from kerasae.models.objective import (
    check_needs_both_heads,
    default_losses,
    elbo_weight,
    error_weights,
    image_weights,
    per_image,
    scaled_for_replicas,
)
from kerasae.models.variational import posterior

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kerasae.models.pseudo_labels import PseudoLabels


@keras.saving.register_keras_serializable("kerasae")
class JointAutoencoder(keras.Model):
    """A functional model from uint8 images to a dict of the heads that exist.

    Input: (batch, height, width, channels), [0, 255]. Outputs, float32 whatever the precision inside:
    `reconstruction` (batch, height, width, channels) in [0, 1] and `label` (batch, num_classes), softmax.
    Images are scaled to [0, 1] in float32 before the encoder, since bfloat16 cannot hold 256 grey levels.

    The parts stay usable alone as `encoder` (scaled images to latents), `decoder` (latents to scaled images) and
    `classifier` (latents to logits). Several models may share parts: training one trains all. Supervised autoencoders:
    Le, Patterson and White, 2018, NeurIPS 31.

    With a `Polarity` layer in the encoder, the decoder sees all images in one polarity; the model restores the polarity
    of each image in its reconstruction.

    An encoder that ends in a `GaussianLatent` makes the model variational. The output `kl_divergence` (batch,) is then
    the divergence of each posterior from the prior in nats, a term of the loss with its own weight; the model
    `posterior` maps scaled images to latent, mean and log variance; and `decoder` decodes samples of the prior.

    Args:
        encoder: model from (height, width, channels) to a latent.
        decoder: model from the latent to (height, width, channels), or None for no reconstruction head.
        classifier: model from the latent to (num_classes,) logits, or None for no softmax head.
        balance: "uncertainty" learns the weight of each head's loss (`UncertaintyWeights`); None keeps them fixed.

    Raises:
        ValueError: no head is given, the shapes of the parts do not fit, or the balance is unknown.
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model | None = None,
        classifier: keras.Model | None = None,
        balance: Literal["uncertainty"] | None = None,
        **kwargs: Any,
    ) -> None:
        check_parts(encoder, decoder, classifier)
        if balance not in (None, "uncertainty"):
            raise ValueError(f"balance: expected 'uncertainty' or None. Received: {balance!r}")
        gaussian = posterior(encoder)
        inner, outputs = wire(gaussian or encoder, decoder, classifier)
        kwargs.setdefault("name", "joint_autoencoder")
        super().__init__(inputs=inner["images"], outputs=outputs, **kwargs)
        self.encoder = encoder
        self.posterior = gaussian
        self.decoder = decoder
        self.classifier = classifier
        self.head_losses: Mapping[str, Any] = {}
        self.validation_losses: Mapping[str, Any] = {}
        self.term_weights: Mapping[str, Any] = {}
        self.uncertainty = UncertaintyWeights(self.heads) if balance else None
        self.error_focus = 0.0
        self.pseudo_labels: PseudoLabels | None = None
        names = {term: term if term == "kl_divergence" else f"{term}_loss" for term in self.terms}
        self.term_means = [keras.metrics.Mean(name=names[term]) for term in self.terms]

    @property
    def heads(self) -> tuple[str, ...]:
        """The names of the outputs that have a target."""
        return tuple(name for name in self.output_names if name != "kl_divergence")

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Keras' list without the terms that have no loss, and the share of pseudo-labels if there are any."""
        named = zip(self.terms, self.term_means, strict=True)
        unused = [id(mean) for term, mean in named if self.term_weights and term not in self.term_weights]
        used = [metric for metric in super().metrics if id(metric) not in unused]
        return [*used, *([] if self.pseudo_labels is None else [self.pseudo_labels.share])]

    @property
    def terms(self) -> tuple[str, ...]:
        """The terms of the loss: the heads, and `kl_divergence` if the model is variational."""
        return (*self.heads, *(["kl_divergence"] if self.posterior is not None else []))

    def compile(
        self,
        optimizer: Any = "adam",
        loss: Mapping[str, Any] | None = None,
        loss_weights: Mapping[str, Any] | None = None,
        metrics: Any = None,
        error_focus: float = 0.0,
        pseudo_labels: PseudoLabels | None = None,
        **kwargs: Any,
    ) -> None:
        """Compile with a loss for each head.

        Args:
            optimizer: a Keras optimizer or its name.
            loss: a Keras loss for each head; by default mean squared error over pixels and cross-entropy over classes.
                The class weights of a `LabelLoss` apply in training only.
            loss_weights: a number or a scalar `keras.Variable` for each term: 1 by default, `elbo_weight` for
                `kl_divergence`. A variable may be assigned between steps without compiling again.
            metrics: as in Keras; by default `LabelledAccuracy` on the softmax head.
            error_focus: in training, the label loss of each image is weighted by its reconstruction error to this
                power over the batch's mean (`error_weights`); 0 weights all images equally.
            pseudo_labels: in training, labels images without a label (a zero row) with the model's prediction for the
                reconstruction target, which is the clean image, where that is confident. The prediction uses moving
                averages. Logged as `pseudo_labelled`: the share of unlabelled images that get a label; in validation
                the share of confident predictions. None for no pseudo-labels.

        Raises:
            ValueError: a head or term that the model lacks, or `error_focus` or `pseudo_labels` without both heads.
        """
        losses = dict(loss) if loss is not None else default_losses()
        unknown = sorted((set(loss or {}) - set(self.heads)) | (set(loss_weights or {}) - set(self.terms)))
        if unknown:
            raise ValueError(f"loss, loss_weights: expected heads of {list(self.terms)}. Received: {unknown}")
        check_needs_both_heads(self.heads, losses, error_focus, pseudo_labels)
        self.error_focus = error_focus
        self.pseudo_labels = pseudo_labels
        # Proxies, because Keras would take the variables in a plain dict for weights of the model and save them.
        self.head_losses = MappingProxyType({h: keras.losses.get(losses[h]) for h in self.heads if h in losses})
        self.validation_losses = MappingProxyType(
            {
                head: loss.unweighted() if isinstance(loss, LabelLoss) else loss
                for head, loss in self.head_losses.items()
            }
        )
        weights = dict.fromkeys(self.head_losses, 1.0)
        if self.posterior is not None:
            weights["kl_divergence"] = elbo_weight(self.input_shape[1:])
        self.term_weights = MappingProxyType({term: (loss_weights or {}).get(term, weights[term]) for term in weights})
        if metrics is None:
            # Keras puts the output's name before a metric's only where there are several outputs.
            name = "accuracy" if len(self.head_losses) > 1 else "label_accuracy"
            metrics = {head: [LabelledAccuracy(name)] for head in self.head_losses if head == "label"}
        super().compile(optimizer=optimizer, loss=dict(self.head_losses), metrics=metrics, **kwargs)

    def get_compile_config(self) -> dict[str, Any] | None:
        """Return what `compile_from_config` needs, with the current values of the loss weights."""
        if not self.compiled:
            return None
        return {
            **super().get_compile_config(),
            "loss_weights": {term: float(weight) for term, weight in self.term_weights.items()},
            "error_focus": self.error_focus,
            "pseudo_labels": keras.saving.serialize_keras_object(self.pseudo_labels),
        }

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as the saved model was."""
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
        """Return the sum over heads of loss weight times (sum of image weights times losses over the batch size).

        The divergence of a variational model is added with its own weight, all images weighted equally, and the losses
        that layers add (regularizers). The mean of each term, without its loss weight, is exact over uneven batches.
        """
        del x
        counts = {head: image_weights(sample_weight, head, y[head]) for head in self.head_losses}
        targets = {head: y[head] for head in self.head_losses}
        if self.pseudo_labels is not None and training:
            probabilities = self._probabilities(targets["reconstruction"])
            targets["label"], counts["label"] = self.pseudo_labels(probabilities, targets["label"], counts["label"])
        elif self.pseudo_labels is not None:
            self.pseudo_labels.count(y_pred["label"])
        losses = self.head_losses if training else self.validation_losses
        values = {head: per_image(loss, targets[head], y_pred[head]) for head, loss in losses.items()}
        weighted = {head: values[head] * counts[head] for head in values}
        if self.posterior is not None:
            weighted["kl_divergence"] = y_pred["kl_divergence"]
        for term, mean in zip(self.terms, self.term_means, strict=True):
            if term in weighted:
                mean.update_state(weighted[term])
        if isinstance(label_loss := losses.get("label"), LabelLoss):
            counts["label"] = counts["label"] * label_loss.row_weights(targets["label"])
        if training and self.error_focus:
            focus = error_weights(values["reconstruction"], counts["label"], self.error_focus)
            weighted["label"] = weighted["label"] * focus
        weights = {term: ops.convert_to_tensor(self.term_weights[term], "float32") for term in weighted}
        costs = {term: weights[term] * ops.mean(weighted[term]) for term in weighted}
        total = ops.zeros(())
        if self.uncertainty is not None:
            shares = {head: weights[head] * ops.mean(counts[head]) for head in values}
            total = self.uncertainty({head: costs.pop(head) for head in values}, shares)
        for cost in costs.values():
            total = total + cost
        for loss in self.losses:
            total = total + ops.sum(ops.cast(loss, "float32"))
        return scaled_for_replicas(total)

    def _probabilities(self, scaled: Any) -> Any:
        """Return the class probabilities of scaled images in inference mode, (batch, num_classes)."""
        assert self.classifier is not None
        logits = self.classifier(self.encoder(scaled, training=False), training=False)
        return ops.softmax(ops.cast(logits, "float32"))

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Update and return the metrics of the heads that have a loss."""
        targets, predictions = ({head: values[head] for head in self.head_losses} for values in (y, y_pred))
        return super().compute_metrics(x, targets, predictions, sample_weight)

    def effective_weights(self) -> dict[str, float]:
        """Return the current weight of each term of the loss, learned factors included."""
        factors = {} if self.uncertainty is None else self.uncertainty.weights_now()
        return {
            term: float(ops.convert_to_numpy(weight)) * float(ops.convert_to_numpy(factors.get(term, 1.0)))
            for term, weight in self.term_weights.items()
        }

    def _run_through_graph(self, inputs: Any, operation_fn: Any = lambda layer: layer, call_fn: Any = None) -> Any:
        """Keep tied layers shared in `keras.models.clone_model`, which copies the parts one by one."""
        copied: list[keras.layers.Layer] = []

        def operation(layer: Any) -> Any:
            with sharing(copied):
                copy = operation_fn(layer)
            if isinstance(copy, keras.Model):
                copied.append(copy)
            return copy

        return super()._run_through_graph(inputs, operation_fn=operation, call_fn=call_fn)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, the parts serialized."""
        parts = {"encoder": self.encoder, "decoder": self.decoder, "classifier": self.classifier}
        return {
            "name": self.name,
            "trainable": self.trainable,
            "balance": None if self.uncertainty is None else "uncertainty",
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
