"""What every tf.data pipeline of the package ends with."""

from __future__ import annotations

import tensorflow as tf


def prefetched(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Return a dataset that makes two elements ahead, without tf.data's tuner.

    The tuner has nothing left to choose, and now and then an iterator that is let go of waits for its next turn: up to
    a minute at the end of one training in four (TensorFlow 2.21).
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.prefetch(2).with_options(options)
