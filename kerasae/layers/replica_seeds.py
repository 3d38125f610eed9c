"""Random seeds that differ from one replica of a distribution strategy to the next."""

from __future__ import annotations

from typing import Any

import keras

# Two of Keras' seeds differ by this number only by chance.
_APART = 1_000_003


class ReplicaSeeds(keras.random.SeedGenerator):
    """A `keras.random.SeedGenerator` with different seeds on each replica.

    Keras' generator gives all replicas the same seeds: the first image of each replica's batch would get the same
    noise.
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
