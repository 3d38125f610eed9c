"""The batches of adversarial training: real images in turns, and noise that is a function of (seed, epoch, step)."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import tensorflow as tf

from kerasae.data.dataset import Targets, training_dataset
from kerasae.data.epoch_sampler import EpochOrder
from kerasae.data.pipeline import prefetched
from kerasae.training import distribution
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import augment
    from kerasae.data.collection import Collection
    from kerasae.data.images import ImageSet
    from kerasae.recipe import Recipe


@dataclasses.dataclass(frozen=True)
class AdversarialStretch:
    """Epochs of a phase, counted from 0 within it, in which the discriminator takes so many `turns` for a step.

    `order` has the images of all turns of a step side by side.
    """

    epochs: range
    turns: int
    order: EpochOrder


def adversarial_stages(recipe: Recipe, index: int, train: ImageSet) -> list[AdversarialStretch]:
    """Return how a phase is trained.

    Raises:
        RequestError: a step takes more images than there are, or does not share out to the devices.
    """
    phase = recipe.phases[index]
    assert isinstance(phase.batch_size, int)
    replicas = distribution.strategy(recipe.distribution.devices).num_replicas_in_sync
    if phase.batch_size % replicas:
        raise RequestError(
            f"recipe: phases.{index}.batch_size",
            expected=f"a multiple of the {replicas} devices",
            received=f"{phase.batch_size}",
        )
    found = []
    for epochs, turns in phase.discriminator_stretches:
        if phase.batch_size * turns > len(train):
            raise RequestError(
                f"recipe: phases.{index}.batch_size",
                expected=(
                    f"batches of which {turns}, the discriminator's steps for one of the generator, fit the "
                    f"{len(train):,} training images"
                ),
                received=f"{phase.batch_size}",
            )
        order = EpochOrder(train.labels, phase.batch_size * turns, None, recipe.seed)
        found.append(AdversarialStretch(epochs, turns, order))
    return found


def adversarial_dataset(
    collection: Collection,
    stage: AdversarialStretch,
    transforms: Sequence[augment.Transform],
    *,
    epochs: range,
    noise_dim: int,
    num_classes: int,
    engine: Literal["native", "pil"] = "native",
) -> tf.data.Dataset:
    """Return the elements that `AdversarialModel` trains on, `stretch.order.steps` an epoch.

    The classes of made images are drawn evenly, whatever the training images' are.

    Args:
        epochs: counted over all phases.
        num_classes: 0 for a model without classes, which sees no label.
    """
    order, turns = stage.order, stage.turns
    size = order.batch_size // turns
    targets = Targets(("label",) if num_classes else (), len(collection.class_names))
    real = training_dataset(collection.train, targets, order, transforms, epochs=epochs, engine=engine)

    def drawn(number: tf.Tensor) -> dict[str, tf.Tensor]:
        epoch, step = number // order.steps, number % order.steps
        seed = tf.stack([tf.constant(order.seed, tf.int64), epoch])
        seed = tf.random.fold_in(tf.cast(seed, tf.int32), tf.cast(step, tf.int32))
        two = tf.random.split(seed, 2)
        found = {"noise": tf.random.stateless_normal((size, turns + 1, noise_dim), two[0], alg="philox")}
        if num_classes:
            shape = (size, turns + 1)
            found["asked"] = tf.random.stateless_uniform(
                shape, two[1], maxval=num_classes, dtype=tf.int32, alg="philox"
            )
        return found

    def element(batch: Any, draws: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        images, rows, weights = batch
        found = {**draws, "images": tf.reshape(images, (size, turns, *collection.image_shape))}
        if num_classes:
            weighted = rows["label"] * collection.class_weights * weights["label"][:, None]
            found["row"] = tf.reshape(weighted, (size, turns, num_classes))
        return found

    numbers = tf.data.Dataset.range(epochs.start * order.steps, epochs.stop * order.steps)
    return prefetched(
        tf.data.Dataset.zip(real, numbers.map(tf.autograph.experimental.do_not_convert(drawn))).map(
            tf.autograph.experimental.do_not_convert(element)
        )
    )


def fixed_noise(
    seed: int, noise_dim: int, num_classes: int, count: int, most_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return noise, float32 (n, noise_dim), and classes, int (n,), of which every class has `count` in a row.

    Without classes there are as many as of ten of them.
    """
    classes = np.repeat(np.arange(min(num_classes, most_classes)), count) if num_classes else np.zeros(10 * count, int)
    noise = np.random.default_rng([seed, 0]).standard_normal((len(classes), noise_dim)).astype(np.float32)
    return noise, classes
