"""A generator and a discriminator that train against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from kerasae.models.objective import scaled_for_replicas
from kerasae.utils.errors import RequestError
from kerasae.utils.pixels import scale_image_tensor

if TYPE_CHECKING:
    from collections.abc import Mapping


@keras.saving.register_keras_serializable("kerasae")
class AdversarialModel(keras.Model):
    """A generative adversarial network, with an auxiliary classifier if the generator is conditioned on classes.

    Goodfellow et al., arXiv 1406.2661, with the non-saturating generator loss; Odena, Olah and Shlens, arXiv
    1610.09585, for the classes (AC-GAN). Calling the model calls its generator: {`noise` (batch, noise_dim), and with
    classes `label` (batch, num_classes), one-hot or soft} to scaled images (batch, height, width, channels), float32 in
    [0, 1]. A soft label interpolates between classes.

    `fit` takes a dataset of dicts: `images`, uint8 (batch, turns, height, width, channels); `noise` (batch, turns + 1,
    noise_dim); with classes also `row` (batch, turns, num_classes), the rows of the images times class weights, and
    `asked`, int (batch, turns + 1), the classes of the generated images. The discriminator trains on each turn, then
    the generator once on the last noise. All randomness but dropout comes from the dataset.

    Args:
        generator: model as above.
        discriminator: model from scaled images to logits {`real` (batch, 1), `label` (batch, num_classes)}.
        smoothing: subtracted from the discriminator's target of 1 for real images (Salimans et al., arXiv 1606.03498).
        label_fakes: whether the discriminator learns the classes from generated images too, as in arXiv 1610.09585.
            Otherwise it learns them from real images only, so that the two cannot agree on features of no real class.

    Raises:
        ValueError: the shapes of the parts do not fit.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        smoothing: float = 0.0,
        label_fakes: bool = False,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("name", "adversarial_model")
        super().__init__(**kwargs)
        if generator.output_shape[1:] != discriminator.input_shape[1:]:
            raise ValueError(
                f"discriminator: expected a model that takes images of {generator.output_shape[1:]}. "
                f"Received: one that takes {discriminator.input_shape[1:]}"
            )
        self.generator = generator
        self.discriminator = discriminator
        self.smoothing = smoothing
        self.label_fakes = label_fakes
        names = ["generator_loss", "discriminator_loss", "real_share", "fake_share"]
        names += ["label_loss", "fake_label_loss", "label_accuracy"] if self.num_classes else []
        self.means = {name: keras.metrics.Mean(name=name) for name in names}
        self.built = True

    @property
    def noise_dim(self) -> int:
        """The size of the noise of one image."""
        return int(_input(self.generator, "noise").shape[-1])

    @property
    def num_classes(self) -> int:
        """The number of classes; 0 for a generator without classes."""
        label = _input(self.generator, "label")
        return 0 if label is None else int(label.shape[-1])

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of the images."""
        height, width, channels = self.generator.output_shape[1:]
        return height, width, channels

    def call(self, inputs: Mapping[str, Any], training: bool = False) -> Any:
        """Return the generator's images."""
        return self.generator(inputs, training=training)

    def drawn(self, noise: Any, row: Any | None = None, training: bool = False) -> Any:
        """Generate images from noise and, with classes, from the rows of their classes."""
        return self.generator({"noise": noise, **({"label": row} if self.num_classes else {})}, training=training)

    def compile(self, optimizer: Any = "adam", discriminator_optimizer: Any = "adam", **kwargs: Any) -> None:
        """Compile with the generator's optimizer and the discriminator's.

        Raises:
            RequestError: the backend is not TensorFlow, whose gradients `train_step` takes.
        """
        check_backend()
        super().compile(optimizer=optimizer, **kwargs)
        self.discriminator_optimizer = keras.optimizers.get(discriminator_optimizer)
        self.optimizer.build(self.generator.trainable_variables)
        self.discriminator_optimizer.build(self.discriminator.trainable_variables)

    def train_step(self, data: Any) -> dict[str, Any]:
        """Train the discriminator once per turn, then the generator; return the running means."""
        (element,) = data if isinstance(data, tuple) else (data,)
        images, noise = element["images"], element["noise"]
        turns = images.shape[1]
        for turn in range(turns):
            rows = (element["row"][:, turn], element["asked"][:, turn]) if self.num_classes else (None, None)
            self._train_discriminator(images[:, turn], noise[:, turn], *rows)
        self._train_generator(noise[:, turns], element["asked"][:, turns] if self.num_classes else None)
        return {name: mean.result() for name, mean in self.means.items()}

    def _train_discriminator(self, images: Any, noise: Any, row: Any, fake_labels: Any) -> None:
        """Train the discriminator to tell real from generated images, and to classify real ones.

        Args:
            row: the rows of the real images times class weights, (batch, num_classes); a zero row has no label.
            fake_labels: the classes of the generated images, int (batch,).
        """
        import tensorflow as tf

        fake_rows = None if fake_labels is None else ops.one_hot(fake_labels, self.num_classes)
        generated = ops.stop_gradient(self.drawn(noise, fake_rows, training=True))
        with tf.GradientTape() as tape:
            real = self.discriminator(scale_image_tensor(images), training=True)
            fake = self.discriminator(generated, training=True)
            loss = 0.5 * ops.mean(_entropy(real["real"], 1.0 - self.smoothing) + _entropy(fake["real"], 0.0))
            self.means["discriminator_loss"].update_state(loss)
            if self.num_classes:
                classes = ops.mean(_cross_entropy(row, real["label"]))
                self.means["label_loss"].update_state(classes)
                if self.label_fakes:
                    classes = 0.5 * (classes + ops.mean(_cross_entropy(fake_rows, fake["label"])))
                loss = loss + classes
            loss = scaled_for_replicas(loss)
        variables = self.discriminator.trainable_variables
        self.discriminator_optimizer.apply(tape.gradient(loss, variables), variables)
        self.means["real_share"].update_state(ops.cast(real["real"] > 0, "float32"))
        self.means["fake_share"].update_state(ops.cast(fake["real"] < 0, "float32"))
        if self.num_classes:
            right = ops.equal(ops.argmax(row, axis=-1), ops.argmax(real["label"], axis=-1))
            labelled = ops.cast(ops.any(row > 0, axis=-1), "float32")
            self.means["label_accuracy"].update_state(ops.cast(right, "float32"), sample_weight=labelled)

    def _train_generator(self, noise: Any, labels: Any) -> None:
        """Train the generator on images that the discriminator should take for real ones of the given classes."""
        import tensorflow as tf

        rows = None if labels is None else ops.one_hot(labels, self.num_classes)
        with tf.GradientTape() as tape:
            fake = self.discriminator(self.drawn(noise, rows, training=True), training=True)
            loss = ops.mean(_entropy(fake["real"], 1.0))
            self.means["generator_loss"].update_state(loss)
            if self.num_classes:
                classes = ops.mean(_cross_entropy(rows, fake["label"]))
                self.means["fake_label_loss"].update_state(classes)
                loss = loss + classes
            loss = scaled_for_replicas(loss)
        variables = self.generator.trainable_variables
        self.optimizer.apply(tape.gradient(loss, variables), variables)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, the parts serialized."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "generator": keras.saving.serialize_keras_object(self.generator),
            "discriminator": keras.saving.serialize_keras_object(self.discriminator),
            "smoothing": self.smoothing,
            "label_fakes": self.label_fakes,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> AdversarialModel:
        """Build the model from `get_config`'s result."""
        parts = {
            name: keras.saving.deserialize_keras_object(config[name], custom_objects=custom_objects)
            for name in ("generator", "discriminator")
        }
        return cls(**{**config, **parts})


def check_backend() -> None:
    """Refuse to train on a backend other than TensorFlow; the parts themselves work on any.

    Raises:
        RequestError: says which one is needed.
    """
    if keras.backend.backend() != "tensorflow":
        raise RequestError(
            "model.adversarial",
            expected="the TensorFlow backend to train on",
            received=f"{keras.backend.backend()!r}",
            fix="set KERAS_BACKEND=tensorflow",
        )


def _input(generator: keras.Model, name: str) -> Any:
    """Return one of a generator's inputs by name, or None."""
    return next((tensor for tensor in generator.inputs if tensor.name.split("/")[-1] == name), None)


def _entropy(logits: Any, target: float) -> Any:
    """Return the cross-entropy of each logit (batch, 1) with one target for all: (batch,)."""
    values = ops.softplus(logits) - target * logits
    return ops.squeeze(ops.cast(values, "float32"), axis=-1)


def _cross_entropy(rows: Any, logits: Any) -> Any:
    """Return the cross-entropy of rows (batch, classes) with logits: (batch,); a zero row costs nothing."""
    return -ops.sum(rows * ops.log_softmax(logits, axis=-1), axis=-1)
