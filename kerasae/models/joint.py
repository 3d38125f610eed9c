"""The joint autoencoder-classifier: one encoder, a reconstruction head and a softmax head."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import keras
from keras import ops

from kerasae.layers import UncertaintyWeights, sharing
from kerasae.losses import LabelLoss
from kerasae.metrics import LabelledAccuracy
from kerasae.models.assembly import check_parts, wire
from kerasae.models.objective import (
    default_losses,
    elbo_weight,
    error_weights,
    per_image,
    scaled_for_replicas,
)
from kerasae.models.variational import posterior

if TYPE_CHECKING:
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

    An encoder with a `Polarity` layer forgets which polarity an image came in, and its decoder knows but one; this
    model turns each reconstruction back to the polarity of its image.

    An encoder that ends in a `GaussianLatent` makes the model variational: a further output `kl_divergence` (batch,) is
    each posterior's divergence from the prior in nats, a term of the loss with a weight of its own, and the model
    `posterior` gives latent, mean and log variance of scaled images. `decoder` decodes what is drawn from the prior.

    Args:
        encoder: model from (height, width, channels) to a latent.
        decoder: model from the latent to (height, width, channels), or None for no reconstruction head.
        classifier: model from the latent to (num_classes,) logits, or None for no softmax head.
        balance: "uncertainty" learns the weight of each head's loss (`UncertaintyWeights`); None does not.

    Raises:
        ValueError: neither head is given, the parts' shapes do not meet, or the balance is another.
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
        """Keras' own list but for terms without a loss, and the share of pseudo-labels where any are made."""
        named = zip(self.terms, self.term_means, strict=True)
        unused = [id(mean) for term, mean in named if self.term_weights and term not in self.term_weights]
        found = [metric for metric in super().metrics if id(metric) not in unused]
        return [*found, *([] if self.pseudo_labels is None else [self.pseudo_labels.share])]

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
            loss: a Keras loss a head; by default mean squared error over pixels and cross-entropy over classes. The
                class weights of a `LabelLoss` count in training alone.
            loss_weights: a number or a scalar `keras.Variable` a head, 1 by default, and for `kl_divergence`, by
                default 1 over the values of an image (`elbo_weight`). A variable may be assigned to between steps: no
                new compilation is needed.
            metrics: as in Keras; by default `LabelledAccuracy` on the softmax head.
            error_focus: in training, weigh each image's label loss by its reconstruction error to this power over
                the batch's mean of that; 0 does not.
            pseudo_labels: in training, where an image has no label (a zero row), take the model's own answer to the
                reconstruction target for one if it is sure. The target is the clean image where the input is a
                corrupted one. Answers come from moving averages in place of batch statistics. Logged as
                `pseudo_labelled`, the share of images without label that get such a one; in validation, where none is
                made, of all that are answered so surely. None makes no pseudo-labels.

        Raises:
            ValueError: a head or term that the model lacks, or a focus or pseudo-labels without both heads.
        """
        losses = dict(loss) if loss is not None else default_losses()
        unknown = sorted((set(loss or {}) - set(self.heads)) | (set(loss_weights or {}) - set(self.terms)))
        if unknown:
            raise ValueError(f"loss, loss_weights: expected heads of {list(self.terms)}. Received: {unknown}")
        if error_focus < 0 or (error_focus and not {"reconstruction", "label"} <= set(losses) & set(self.heads)):
            raise ValueError(
                "error_focus: expected a number from 0, above it only with losses of both heads. "
                f"Received: {error_focus} and the heads {list(self.heads)}"
            )
        if pseudo_labels is not None and not {"reconstruction", "label"} <= set(losses) & set(self.heads):
            raise ValueError(
                f"pseudo_labels: expected them only with losses of both heads. Received: the heads {list(self.heads)}"
            )
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
        """Return what `compile_from_config` needs; a loss weight that is a variable is kept as its present value."""
        if not self.compiled:
            return None
        return {
            **super().get_compile_config(),
            "loss_weights": {term: float(weight) for term, weight in self.term_weights.items()},
            "error_focus": self.error_focus,
            "pseudo_labels": keras.saving.serialize_keras_object(self.pseudo_labels),
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

        The divergence of a variational model comes on top with its own weight, all images counting alike, and so do
        losses that the layers add (regularizers). Each term's mean is kept exactly over uneven batches, without its
        loss weight.
        """
        del x
        counts = {head: _counted(sample_weight, head, y[head]) for head in self.head_losses}
        targets = {head: y[head] for head in self.head_losses}
        if self.pseudo_labels is not None and training:
            answers = self._answers(targets["reconstruction"])
            targets["label"], counts["label"] = self.pseudo_labels(answers, targets["label"], counts["label"])
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

    def _answers(self, scaled: Any) -> Any:
        """Return the probabilities of scaled images, (batch, num_classes), by the weights and averages of now."""
        assert self.classifier is not None
        logits = self.classifier(self.encoder(scaled, training=False), training=False)
        return ops.softmax(ops.cast(logits, "float32"))

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Update and return the metrics of the heads that have a loss; the divergence has no target."""
        targets, answers = ({head: values[head] for head in self.head_losses} for values in (y, y_pred))
        return super().compute_metrics(x, targets, answers, sample_weight)

    def effective_weights(self) -> dict[str, float]:
        """Return what each term of the loss is multiplied by at present, learned factors included."""
        factors = {} if self.uncertainty is None else self.uncertainty.weights_now()
        return {
            term: float(ops.convert_to_numpy(weight)) * float(ops.convert_to_numpy(factors.get(term, 1.0)))
            for term, weight in self.term_weights.items()
        }

    def _run_through_graph(self, inputs: Any, operation_fn: Any = lambda layer: layer, call_fn: Any = None) -> Any:
        """Keep ties in `keras.models.clone_model`, which copies the parts one by one here: a plain functional model."""
        copied: list[keras.layers.Layer] = []

        def operation(layer: Any) -> Any:
            with sharing(copied):
                copy = operation_fn(layer)
            if isinstance(copy, keras.Model):
                copied.append(copy)
            return copy

        return super()._run_through_graph(inputs, operation_fn=operation, call_fn=call_fn)

    def get_config(self) -> dict[str, Any]:
        """Return every argument; the parts in full."""
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


def _counted(sample_weight: Any, head: str, target: Any) -> Any:
    """Return what each image of a batch counts for a head, float32 (batch,)."""
    weight = sample_weight[head] if isinstance(sample_weight, Mapping) else sample_weight
    return ops.ones((ops.shape(target)[0],)) if weight is None else ops.cast(weight, "float32")
