"""tf.data support for mixings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from augment.draws import Draws
from augment.engine import check_images
from augment.mixing import Mixing

if TYPE_CHECKING:
    import tensorflow as tf

_SHIFT = 1 << 22  # a stream far from those of compositions and of mixings


def mix_batch(
    images: tf.Tensor,
    partner_images: tf.Tensor,
    rows: tf.Tensor,
    partner_rows: tf.Tensor,
    mixing: Mixing,
    *,
    seed: int,
    epoch: int | tf.Tensor = 0,
    positions: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return mixed images and label rows, inside any `Dataset.map` or other graph.

    Args:
        images: uint8 (n, H, W, C) in [0, 255], C in {1, 3}.
        partner_images: the images at the positions that `partners` names, likewise.
        rows: float32 (n, num_classes); a zero row is an image without label.
        partner_rows: the partners' rows, likewise.
        mixing: MixUp, CutMix or one of your own.
        seed: any integer; with `epoch` and an image's position it decides every random choice.
        epoch: any integer, or an int64 scalar.
        positions: int64 (n,), the places of `images` in the order of the epoch.

    Raises:
        ValueError: for images of another rank or number of channels.
        TypeError: for images that are not uint8.
    """
    import tensorflow as tf

    check_images(images.dtype.name, images.shape)

    def change(
        images: Any, partner_images: Any, rows: Any, partner_rows: Any, epoch_value: Any, image_positions: Any
    ) -> Any:
        return mixing.run(
            images, partner_images, rows, partner_rows, mixing.parameters(seed, int(epoch_value), image_positions)
        )

    arguments = [images, partner_images, rows, partner_rows, tf.cast(epoch, tf.int64), tf.cast(positions, tf.int64)]
    mixed, mixed_rows = tf.numpy_function(change, arguments, (tf.uint8, tf.float32), stateful=False)
    mixed.set_shape(images.shape)
    mixed_rows.set_shape(rows.shape)
    return mixed, mixed_rows


def partners(
    positions: tf.Tensor, mixing: Mixing, *, seed: int, epoch: int | tf.Tensor = 0, size: int | tf.Tensor
) -> tf.Tensor:
    """Return the positions, int64 (n,), of the partners of the images at `positions` among `size` images."""
    import tensorflow as tf

    def draw(image_positions: Any, epoch_value: Any, number: Any) -> Any:
        return mixing.partner(seed, int(epoch_value), image_positions, int(number))

    arguments = [tf.cast(positions, tf.int64), tf.cast(epoch, tf.int64), tf.cast(size, tf.int64)]
    drawn = tf.numpy_function(draw, arguments, tf.int64, stateful=False)
    drawn.set_shape(positions.shape)
    return drawn


def shifted(dataset: tf.data.Dataset, batched: bool, *, seed: int, epoch: int) -> tf.data.Dataset:
    """Return `dataset` rotated by a number of images drawn from (seed, epoch), so that it holds each image's partner.

    A stream cannot be read at any place, but it can be read twice: the second time from a random image on, and then
    from the start. So no image meets a batch-mate but by chance, and none meets itself.
    """
    import tensorflow as tf

    flat = dataset.unbatch() if batched else dataset
    size = int(flat.cardinality())
    if size == tf.data.INFINITE_CARDINALITY:
        raise ValueError("Expected a dataset with an end where images are mixed. Received: an endless one")
    if size < 0:
        count = tf.autograph.experimental.do_not_convert(lambda before, *_: before + 1)
        size = int(flat.reduce(np.int64(0), count))
    shift = 1 + int(Draws.at(seed, epoch, [0]).stream(_SHIFT).integers(0, max(size - 1, 1))[0])
    turned = flat.skip(shift).concatenate(flat.take(shift))
    if not batched:
        return turned
    first = next(iter(dataset.take(1)), None)
    return turned if first is None else turned.batch(int(first[0].shape[0]))
