"""The dataset of adversarial training: real images, and noise as a function of (seed, epoch, step)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import tensorflow as tf

from kerasae.data.dataset import Targets, training_dataset
from kerasae.data.pipeline import prefetched

if TYPE_CHECKING:
    from collections.abc import Sequence

    import augment
    from kerasae.data.collection import Collection
    from kerasae.training.batches import BatchSizeStage


def adversarial_dataset(
    collection: Collection,
    stage: BatchSizeStage,
    transforms: Sequence[augment.Transform],
    *,
    epochs: range,
    noise_dim: int,
    num_classes: int,
    engine: Literal["native", "pil"] = "native",
) -> tf.data.Dataset:
    """Return the elements that `AdversarialModel` trains on, `stage.order.steps` an epoch.

    The classes of generated images are uniformly distributed, whatever the classes of the training images are.

    Args:
        collection: the images.
        stage: the stage of the phase.
        transforms: that augment the real images.
        epochs: counted over all phases.
        noise_dim: values of noise of an image.
        num_classes: 0 for a model without classes, which sees no label.
        engine: of the transforms.
    """
    order, turns = stage.order, stage.discriminator_steps
    size = order.batch_size // turns
    targets = Targets(("label",) if num_classes else (), len(collection.class_names))
    real = training_dataset(collection.train, targets, order, transforms, epochs=epochs, engine=engine)

    def draw(number: tf.Tensor) -> dict[str, tf.Tensor]:
        epoch, step = number // order.steps, number % order.steps
        seed = tf.stack([tf.constant(order.seed, tf.int64), epoch])
        seed = tf.random.fold_in(tf.cast(seed, tf.int32), tf.cast(step, tf.int32))
        noise_seed, class_seed = tf.unstack(tf.random.split(seed, 2))
        draws = {"noise": tf.random.stateless_normal((size, turns + 1, noise_dim), noise_seed, alg="philox")}
        if num_classes:
            draws["asked"] = tf.random.stateless_uniform(
                (size, turns + 1), class_seed, maxval=num_classes, dtype=tf.int32, alg="philox"
            )
        return draws

    def element(batch: Any, draws: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        images, rows, weights = batch
        inputs = {**draws, "images": tf.reshape(images, (size, turns, *collection.image_shape))}
        if num_classes:
            weighted = rows["label"] * collection.class_weights * weights["label"][:, None]
            inputs["row"] = tf.reshape(weighted, (size, turns, num_classes))
        return inputs

    numbers = tf.data.Dataset.range(epochs.start * order.steps, epochs.stop * order.steps)
    return prefetched(
        tf.data.Dataset.zip(real, numbers.map(tf.autograph.experimental.do_not_convert(draw))).map(
            tf.autograph.experimental.do_not_convert(element)
        )
    )
