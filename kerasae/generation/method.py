"""A way of making images, and what it made."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from kerasae.data.images import UNLABELLED

# From a class (or UNLABELLED), how many, the noise and what draws it, to uint8 images (count, H, W, C).
Draw = Callable[[int, int, float, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Method:
    """A way of making images.

    Attributes:
        name: as files and tables call it.
        words: how it samples, for a reader.
        by_class: whether it makes images of a class that is asked for.
        draw: makes images. Noise 1 is as much as was learned, 0 none, which makes all images of a class the same
            but for the components of a mixture.
    """

    name: str
    words: str
    by_class: bool
    draw: Draw


@dataclass(frozen=True)
class Samples:
    """Images of one method: uint8 (n, H, W, C), with the classes that were asked for, int (n,), or UNLABELLED."""

    method: Method
    images: np.ndarray
    labels: np.ndarray


def sample(method: Method, classes: Sequence[int], count: int, noise: float, seed: int) -> Samples:
    """Make `count` images of each class, or as many in all by a method that knows no classes.

    What is drawn for a class is a function of (seed, method, class): other classes, asked for or not, change nothing.
    """
    own = zlib.crc32(method.name.encode())
    asked = list(classes) if method.by_class else [UNLABELLED]
    each = count if method.by_class else count * max(len(classes), 1)
    drawn = [method.draw(label, each, noise, np.random.default_rng([seed, own, label + 1])) for label in asked]
    labels = np.repeat(asked, each)
    return Samples(method, np.concatenate(drawn), labels.astype(np.int64))
