"""Random numbers that depend only on (seed, epoch, position), not on state, order or other images."""

from __future__ import annotations

import functools
import statistics

import numpy as np
import numpy.typing as npt

_GOLDEN = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1
_STREAM = 1 << 32  # separates the indices of streams from seeds, epochs and positions
QUANTILES = 1 << 16

Keys = npt.NDArray[np.uint64]


def mix(values: Keys) -> Keys:
    """Scramble 64-bit words so that neighbouring inputs give unrelated outputs.

    The finalizer of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
    """
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def fold(keys: Keys, value: int | Keys) -> Keys:
    """Return keys derived from `keys` and `value`; the order of several folds matters."""
    words = np.array([value & _MASK], np.uint64) if isinstance(value, int) else value
    return mix(keys ^ mix(words + np.uint64(_GOLDEN)))


@functools.cache
def normal_quantiles() -> npt.NDArray[np.float32]:
    """The standard normal distribution as 65,536 equally likely values, float32, rising from -4.3 to 4.3.

    A table and not a formula, because a look-up has the same bits in every engine and at every batch size.
    """
    inverse = statistics.NormalDist().inv_cdf
    upper = [inverse((index + 0.5) / QUANTILES) for index in range(QUANTILES // 2, QUANTILES)]
    return np.array([-value for value in reversed(upper)] + upper, np.float32)


class Draws:
    """A source of random arrays of shape (n,), one value for each of n images.

    Each call makes the next draw of every image. An image's k-th draw is a function of its key and k alone, so that it
    does not depend on the other images.

    Args:
        keys: uint64 array of shape (n,), one key for each image; see `Draws.at`.
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._count = 0

    @classmethod
    def at(cls, seed: int, epoch: int, positions: npt.ArrayLike) -> Draws:
        """Return the draws of the images at `positions`, integers (n,), in the order of `epoch` under `seed`."""
        indices = np.atleast_1d(np.asarray(positions, np.int64)).astype(np.uint64)
        root = fold(fold(np.zeros(1, np.uint64), int(seed)), int(epoch))
        return cls(fold(root, indices))

    def __len__(self) -> int:
        return len(self._keys)

    def stream(self, index: int) -> Draws:
        """Return the draws named `index` (at least 0), independent of these and of every other stream."""
        return Draws(fold(self._keys, _STREAM + index))

    def bits(self) -> Keys:
        """Return 64 random bits for each image, uint64 (n,)."""
        self._count += 1
        return mix(self._keys + np.uint64(self._count * _GOLDEN & _MASK))

    def uniform(self, low: float = 0.0, high: float = 1.0) -> npt.NDArray[np.float64]:
        """Return float64 (n,), uniform in [low, high]; equal ends give exactly that value."""
        unit = (self.bits() >> np.uint64(11)) * 2.0**-53
        return np.minimum(low + (high - low) * unit, high)

    def integers(self, low: int, high: int) -> npt.NDArray[np.int64]:
        """Return int64 (n,), uniform among low, ..., high - 1."""
        unit = (self.bits() >> np.uint64(11)) * 2.0**-53
        return low + np.minimum((unit * (high - low)).astype(np.int64), high - low - 1)

    def normal(self, mean: float = 0.0, deviation: float = 1.0) -> npt.NDArray[np.float64]:
        """Return float64 (n,), normally distributed, at most 4.3 deviations from the mean."""
        bits = self.bits()
        table = normal_quantiles()
        index = np.minimum(bits >> np.uint64(48), np.uint64(QUANTILES - 2)).astype(np.int64)
        between = (bits & np.uint64(0xFFFFFFFF)) * 2.0**-32
        low = table[index].astype(np.float64)
        return mean + deviation * (low + (table[index + 1] - low) * between)

    def beta(self, alpha: float, beta: float) -> npt.NDArray[np.float64]:
        """Return float64 (n,) in [0, 1], distributed as Beta(alpha, beta), both above 0."""
        stream = self.stream(self._count)
        self._count += 1
        ratio = stream.stream(1).log_gamma(beta) - stream.stream(0).log_gamma(alpha)
        return 1.0 / (1.0 + np.exp(np.clip(ratio, -700.0, 700.0)))

    def log_gamma(self, shape: float) -> npt.NDArray[np.float64]:
        """Logarithms of Gamma(shape, 1) values: Marsaglia and Tsang (2000), in logarithms as small shapes underflow."""
        boost = np.log(np.maximum(self.uniform(), 2.0**-54)) / shape
        third = shape + 1.0 - 1.0 / 3.0
        logarithms = np.full(len(self), np.nan)
        while np.isnan(logarithms).any():  # an image keeps its first accepted value, however many tries the others need
            value = self.normal()
            cube = np.maximum(1.0 + value / np.sqrt(9.0 * third), 0.0) ** 3
            limit = np.log(np.maximum(self.uniform(), 2.0**-54))
            logarithm = np.log(np.maximum(cube, 1e-300))
            accepted = (cube > 0.0) & (limit < 0.5 * value**2 + third * (1.0 - cube + logarithm))
            logarithms = np.where(np.isnan(logarithms) & accepted, np.log(third) + logarithm, logarithms)
        return logarithms + boost
