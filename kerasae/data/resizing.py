"""The one way in which images are resized and brought to grey or colour, in training and inside an export alike."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Literal

import tensorflow as tf

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

Resize = Literal["fit", "fill", "stretch"]


def resize(image: tf.Tensor, image_shape: tuple[int, int, int], mode: Resize) -> tf.Tensor:
    """Resize images to `image_shape`, antialiased.

    Args:
        image: uint8 (height, width, channels) or (n, height, width, channels), of sizes known or not; channels 1 to
            4, where the last one of 2 and 4 is alpha, which is blended with white.
        image_shape: (H, W, C), C 1 (luma of ITU-R BT.601, to the bit as Pillow) or 3.
        mode: "fit" keeps the whole image between black bars, "fill" the largest centre of the right proportions,
            "stretch" everything at whatever proportions.

    Returns:
        uint8 (H, W, C) or (n, H, W, C), [0, 255].
    """
    image = _with_channels(tf.convert_to_tensor(image), image_shape[2])
    target = image_shape[:2]
    if tuple(image.shape[-3:-1]) == target:
        return image
    size = tf.shape(image)[-3:-1]
    ratios = tf.cast(size, tf.float64) / tf.constant(target, tf.float64)
    new_size: tf.Tensor = tf.constant(target, tf.int32)
    if mode == "fill":
        # Crop first, then resize: the other way round, a very narrow image would become huge.
        crop = tf.clip_by_value(_rounded(tf.constant(target, tf.float64) * tf.reduce_min(ratios)), 1, size)
        start, stop = (size - crop) // 2, (size - crop) // 2 + crop
        image = image[..., start[0] : stop[0], start[1] : stop[1], :]
    elif mode == "fit":
        new_size = tf.clip_by_value(_rounded(tf.cast(size, tf.float64) / tf.reduce_max(ratios)), 1, new_size)
    resized = tf.image.resize(image, new_size, antialias=True)
    resized = tf.cast(tf.clip_by_value(tf.round(resized), 0.0, 255.0), tf.uint8)
    if mode == "fit":
        margin = (tf.constant(target, tf.int32) - new_size) // 2
        resized = tf.image.pad_to_bounding_box(resized, margin[0], margin[1], *target)
    return tf.ensure_shape(resized, [*image.shape[:-3], *image_shape])


@functools.cache
def compiled_resize(image_shape: tuple[int, int, int], mode: Resize) -> Callable[[np.ndarray], tf.Tensor]:
    """Return `resize` for one shape and mode as one call on an image of any size, without a graph for each size."""

    @tf.function(input_signature=[tf.TensorSpec([None, None, None], tf.uint8)], autograph=False)
    def compiled(image: tf.Tensor) -> tf.Tensor:
        with tf.device("CPU:0"):
            return resize(image, image_shape, mode)

    return compiled


def _rounded(values: tf.Tensor) -> tf.Tensor:
    return tf.cast(tf.round(values), tf.int32)


def _with_channels(image: tf.Tensor, channels: int) -> tf.Tensor:
    if image.shape[-1] is not None:
        converted = _convert(image, image.shape[-1], channels)
    else:
        branches = [functools.partial(_convert, image, current, channels) for current in (1, 2, 3, 4)]
        converted = tf.switch_case(tf.shape(image)[-1] - 1, branches)
    return tf.ensure_shape(converted, [*image.shape[:-1], channels])


def _convert(image: tf.Tensor, current: int, channels: int) -> tf.Tensor:
    if current in (2, 4):
        # 255 * 255 + 127 fits in 16 bits; wider integers would take twice the memory.
        values = tf.cast(image, tf.uint16)
        alpha = values[..., -1:]
        image = tf.cast((values[..., :-1] * alpha + 255 * (255 - alpha) + 127) // 255, tf.uint8)
        current -= 1
    if current == 3 and channels == 1:
        luma = tf.reduce_sum(tf.cast(image, tf.int32) * [19595, 38470, 7471], axis=-1, keepdims=True)
        return tf.cast((luma + 0x8000) // 0x10000, tf.uint8)
    return tf.repeat(image, 3, axis=-1) if current == 1 and channels == 3 else image
