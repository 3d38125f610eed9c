"""The one scaling of images: uint8 [0, 255] to float32 [0, 1]."""

from __future__ import annotations

from typing import Any

import numpy as np

WHITE = 255.0


def scale_images(images: np.ndarray) -> np.ndarray:
    """Return images as float32 in [0, 1].

    Args:
        images: uint8 of any shape.
    """
    return images.astype(np.float32) / np.float32(WHITE)


def scale_image_tensor(images: Any) -> Any:
    """Return a tensor of images as float32 in [0, 1], whatever the dtype policy.

    Executed eagerly, the values are those of `scale_images`. In a graph TensorFlow's optimizer multiplies by the
    reciprocal, which may differ in the last bit.

    Args:
        images: uint8 of any shape: a TensorFlow tensor, also inside `tf.data`, or a tensor of Keras' backend.
    """
    import tensorflow as tf

    if tf.is_tensor(images):
        return tf.cast(images, tf.float32) / WHITE
    from keras import ops

    return ops.cast(images, "float32") / WHITE
