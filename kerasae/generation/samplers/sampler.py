"""A sampler of images, and the samples that it draws."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from kerasae.data.images import UNLABELLED

# (label or UNLABELLED, count, noise, random generator) -> uint8 images (count, H, W, C).
DrawImages = Callable[[int, int, float, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Sampler:
    """A way to generate images.

    Attributes:
        name: in files and tables.
        description: what the images are sampled from, as the end of a sentence.
        is_conditional: whether images of a given class can be sampled.
        draw: generates images. Noise scales the learned deviations: at 1 samples vary as much as the training images,
            at 0 all samples of a class are the same but for the components of a mixture.
    """

    name: str
    description: str
    is_conditional: bool
    draw: DrawImages


@dataclass(frozen=True)
class Samples:
    """Images of one sampler.

    Attributes:
        sampler: that drew them.
        images: uint8 (n, H, W, C).
        labels: int64 (n,), the class that each image was sampled for, or UNLABELLED.
    """

    sampler: Sampler
    images: np.ndarray
    labels: np.ndarray


def draw_samples(sampler: Sampler, classes: Sequence[int], count: int, noise: float, seed: int) -> Samples:
    """Draw `count` images of each class, or as many in all from a sampler that is not conditional.

    The samples of a class depend on (seed, sampler, class) alone, not on which other classes are sampled.

    Args:
        sampler: to draw from.
        classes: the labels to sample; empty if the run has none.
        count: the number of images of each class.
        noise: 0 or more, see `Sampler`.
        seed: of all random numbers.
    """
    sampler_seed = zlib.crc32(sampler.name.encode())
    labels = list(classes) if sampler.is_conditional else [UNLABELLED]
    count_per_label = count if sampler.is_conditional else count * max(len(classes), 1)
    images = [
        sampler.draw(label, count_per_label, noise, np.random.default_rng([seed, sampler_seed, label + 1]))
        for label in labels
    ]
    return Samples(sampler, np.concatenate(images), np.repeat(labels, count_per_label).astype(np.int64))
