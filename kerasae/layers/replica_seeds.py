"""Random seeds that differ from one replica of a distribution strategy to the next."""

from __future__ import annotations

from typing import Any

import keras

# Two of Keras' seeds are this far apart only by chance.
_APART = 1_000_003


class ReplicaSeeds(keras.random.SeedGenerator):
    """A `keras.random.SeedGenerator` whose replicas draw differently.

    Keras' own gives each replica the same seeds, so that the first image of every share would get the same noise.
    """

    def next(self, ordered: bool = True) -> Any:
        """Return the next seed of this replica."""
        seed = super().next(ordered)
        if keras.backend.backend() != "tensorflow":
            return seed
        import tensorflow as tf

        context = tf.distribute.get_replica_context()
        if context is None or context.num_replicas_in_sync == 1:
            return seed
        apart = tf.cast(context.replica_id_in_sync_group, seed.dtype) * _APART
        return seed + tf.stack([apart, tf.zeros_like(apart)])
