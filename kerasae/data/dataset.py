"""tf.data pipelines of (images, targets by head, weights by head)."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import tensorflow as tf

import augment
from kerasae.data.pipeline import prefetched
from kerasae.utils.pixels import scale_image_tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.data.epoch_sampler import EpochOrder
    from kerasae.data.images import ImageSet
    from kerasae.recipe import Head

# Above all seeds of recipes: corruptions are drawn independently of augmentations.
_CORRUPTION = 1 << 40


@dataclasses.dataclass(frozen=True)
class Targets:
    """The targets of a batch of images.

    Attributes:
        heads: the heads that the model has.
        num_classes: the width of a label row.
    """

    heads: tuple[Head, ...]
    num_classes: int

    def rows(self, labels: np.ndarray) -> np.ndarray:
        """Return float32 (n, num_classes): one-hot rows, and zero rows for unlabelled images (-1)."""
        return (labels[:, None] == np.arange(self.num_classes)).astype(np.float32)

    def element(self, images: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, dict[str, Any], dict[str, Any]]:
        """Return one element of a dataset: uint8 images, then targets and weights by head.

        A label row is a probability, one-hot or mixed, or zero; its weight is the share of the image whose label is
        known. Class weights belong to the loss (`kerasae.losses.LabelLoss`).
        """
        targets, weights = {}, {}
        if "reconstruction" in self.heads:
            targets["reconstruction"] = scale_image_tensor(images)
            weights["reconstruction"] = tf.ones(tf.shape(images)[:1])
        if "label" in self.heads:
            # A row of a mixed image sums to the share whose label is known; only the weight holds that share.
            known = tf.reduce_sum(rows, axis=-1, keepdims=True)
            targets["label"], weights["label"] = tf.math.divide_no_nan(rows, known), known[:, 0]
        return images, targets, weights


def training_dataset(
    image_set: ImageSet,
    targets: Targets,
    order: EpochOrder,
    transforms: Sequence[augment.Transform],
    mixing: augment.Mixing | None = None,
    corruptions: Sequence[augment.Transform] = (),
    *,
    epochs: range,
    engine: Literal["native", "pil"] = "native",
) -> tf.data.Dataset:
    """Return the batches of `epochs`, `order.steps` an epoch, shuffled, augmented and mixed.

    Every random choice is a function of (seed, epoch, position), so that the batches of an epoch are the same bytes for
    any first epoch and number of threads. A mixed image is its own reconstruction target. `corruptions` change only the
    input (denoising autoencoders: Vincent et al., "Extracting and composing robust features", ICML 2008).
    """
    image_shape, num_classes = image_set.image_shape, targets.num_classes

    def load(epoch: np.ndarray, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        indices = order.at(int(epoch), positions)
        return image_set.load(indices), targets.rows(image_set.labels[indices])

    def augmented(epoch: tf.Tensor, positions: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        images, rows = tf.numpy_function(load, [epoch, positions], (tf.uint8, tf.float32), stateful=False)
        images.set_shape((order.batch_size, *image_shape))
        rows.set_shape((order.batch_size, num_classes))
        if transforms:
            images = augment.augment_batch(
                images, transforms, seed=order.seed, epoch=epoch, positions=positions, engine=engine
            )
        return images, rows

    def batch(number: tf.Tensor) -> Any:
        epoch, step = number // order.steps, number % order.steps
        positions = step * order.batch_size + tf.range(order.batch_size, dtype=tf.int64)
        images, rows = augmented(epoch, positions)
        if mixing is not None:
            draw: dict[str, Any] = {"seed": order.seed, "epoch": epoch}
            partners = augment.partners(positions, mixing, size=order.size, **draw)
            others, other_rows = augmented(epoch, partners)
            images, rows = augment.mix_batch(images, others, rows, other_rows, mixing, positions=positions, **draw)
        inputs, outputs, weights = targets.element(images, rows)
        if corruptions:
            draw = {"seed": order.seed + _CORRUPTION, "epoch": epoch}
            inputs = augment.augment_batch(inputs, corruptions, **draw, positions=positions, engine=engine)
        return inputs, outputs, weights

    numbers = tf.data.Dataset.range(epochs.start * order.steps, epochs.stop * order.steps)
    return prefetched(
        numbers.map(tf.autograph.experimental.do_not_convert(batch), num_parallel_calls=os.cpu_count() or 1)
    )


def evaluation_dataset(image_set: ImageSet, targets: Targets, *, batch_size: int) -> tf.data.Dataset:
    """Return every image once, in order, without augmentation; the last batch may be smaller."""

    def load(start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        indices = np.arange(int(start), min(int(start) + batch_size, len(image_set)))
        return image_set.load(indices), targets.rows(image_set.labels[indices])

    def batch(start: tf.Tensor) -> Any:
        images, rows = tf.numpy_function(load, [start], (tf.uint8, tf.float32), stateful=False)
        images.set_shape((None, *image_set.image_shape))
        rows.set_shape((None, targets.num_classes))
        return targets.element(images, rows)

    starts = tf.data.Dataset.range(0, len(image_set), batch_size)
    return prefetched(
        starts.map(tf.autograph.experimental.do_not_convert(batch), num_parallel_calls=os.cpu_count() or 1)
    )
