"""The order of the training images in each epoch, a function of the seed and the epoch alone."""

from __future__ import annotations

import functools

import numpy as np


class EpochOrder:
    """The order of training images, epoch by epoch, cut into full batches.

    Without `labelled_share`, all images are shuffled together, and the last ones of an order that do not fill a batch
    are skipped in that epoch. With a share, every batch holds `labelled_per_batch` labelled images, then unlabelled
    ones; an epoch lasts until the larger of the two pools has been seen once, and the smaller one is repeated, newly
    shuffled.

    Args:
        labels: int64 (n,), -1 for unlabelled.
        batch_size: images in a batch; fewer if there are fewer images.
        labelled_share: the share of each batch that is labelled, in (0, 1), or None.
        seed: of all orders.
    """

    def __init__(self, labels: np.ndarray, batch_size: int, labelled_share: float | None, seed: int) -> None:
        self.batch_size = min(batch_size, len(labels))
        self.seed = seed
        labelled, unlabelled = np.flatnonzero(labels >= 0), np.flatnonzero(labels < 0)
        if labelled_share is None or not len(labelled) or not len(unlabelled):
            self._pools = [(np.arange(len(labels)), self.batch_size)]
            self.steps = len(labels) // self.batch_size
        else:
            count = min(max(round(labelled_share * self.batch_size), 1), self.batch_size - 1)
            self._pools = [(labelled, count), (unlabelled, self.batch_size - count)]
            self.steps = max(len(pool) // count for pool, count in self._pools) or 1
        self.labelled_per_batch = self._pools[0][1] if len(self._pools) > 1 else None
        self._epoch = functools.lru_cache(maxsize=2)(self._draw)

    @property
    def size(self) -> int:
        """The number of positions in an epoch."""
        return self.steps * self.batch_size

    def at(self, epoch: int, positions: np.ndarray) -> np.ndarray:
        """Return the indices of the images at some positions of an epoch's order, int64 (n,)."""
        return self._epoch(epoch)[positions]

    def _draw(self, epoch: int) -> np.ndarray:
        columns = []
        for number, (pool, count) in enumerate(self._pools):
            random = np.random.default_rng([self.seed, epoch, number])
            needed = self.steps * count
            rounds = [random.permutation(pool) for _ in range(-(-needed // len(pool)))]
            columns.append(np.concatenate(rounds)[:needed].reshape(self.steps, count))
        return np.concatenate(columns, axis=1).ravel()
