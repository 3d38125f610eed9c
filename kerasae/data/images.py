"""`ImageSet`: images of one shape with labels, whether they are held in memory or read from files."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

UNLABELLED = -1
ImageShape = tuple[int, int, int]
MOST_IN_A_BATCH = 256  # images
_MOST_VALUES = 2**22  # of a batch: 16 MiB as float32, of which a pass of a model holds many copies
_FEWEST_OF_A_CLASS = 25  # images in a stratified sample


class Readable(Protocol):
    """What a pass of a model needs of images: an `ImageSet`, or anything that is read like one."""

    labels: np.ndarray
    image_shape: ImageShape

    def __len__(self) -> int:
        """Return the number of images."""

    def load(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return the pixels at `indices`: uint8 (k, H, W, C), [0, 255]."""


@dataclass(frozen=True, slots=True)
class ImageHashes:
    """Hashes of n images, which tell equal images.

    Attributes:
        files: the SHA-256 of each file's bytes in hexadecimal, "" where an image has no file.
        pixels: the SHA-256 of each image's pixels in hexadecimal, of which fingerprints are made.
        ids: uint64 (n,), 64 bits of a hash of each image's shape and upright pixels; the same for a file and for an
            array of the same 8-bit pixels if neither was resized, so that images of other sources can be compared.
    """

    files: tuple[str, ...]
    pixels: tuple[str, ...]
    ids: np.ndarray


class ImageSet(abc.ABC):
    """Images of one `image_shape` (H, W, C); `labels` is int64 (n,), -1 where there is none."""

    labels: np.ndarray
    image_shape: ImageShape

    def __len__(self) -> int:
        return len(self.labels)

    @abc.abstractmethod
    def select(self, indices: Sequence[int] | np.ndarray) -> Self:
        """Return the images at `indices`, in that order, of the same kind; copied only where necessary."""

    def some(self, most: int) -> Self:
        """Return a stratified sample of at most `most` images, in their order.

        Labelled images come first: of each class its share and at least 25, or all that it has. Unlabelled images fill
        the rest. The images of each group are taken at regular intervals.
        """
        return self if len(self) <= most else self.select(_stratified(np.asarray(self.labels), most))

    @abc.abstractmethod
    def with_labels(self, labels: np.ndarray) -> Self:
        """Return the same images with other labels, int64 (n,)."""

    @abc.abstractmethod
    def join(self, other: Self) -> Self:
        """Return these images followed by those of `other`."""

    @abc.abstractmethod
    def load(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return the pixels at `indices`: uint8 (k, H, W, C), [0, 255]."""

    @abc.abstractmethod
    def name(self, index: int) -> str:
        """Return where the image comes from: a file's path, or a place in an array such as "train/123"."""

    @cached_property
    def hashes(self) -> ImageHashes:
        """The hashes of all images, computed once."""
        return self._hashes()

    @abc.abstractmethod
    def _hashes(self) -> ImageHashes:
        """Compute `hashes`."""


def to_uint8(scaled: np.ndarray) -> np.ndarray:
    """Return scaled images as uint8; values outside of [0, 1] are clipped."""
    return np.rint(255.0 * np.clip(scaled, 0.0, 1.0)).astype(np.uint8)


def batch_size(image_shape: Sequence[int], most: int = MOST_IN_A_BATCH) -> int:
    """Return how many images are read at a time: `most`, or fewer where they are large."""
    return max(1, min(most, _MOST_VALUES // int(np.prod(image_shape))))


def batches(images: Readable, most: int = MOST_IN_A_BATCH) -> list[np.ndarray]:
    """Return the indices of all images in order, int64 arrays of `batch_size` each."""
    size = batch_size(images.image_shape, most)
    return [np.arange(start, min(start + size, len(images))) for start in range(0, len(images), size)]


def spread(count: int, most: int) -> np.ndarray:
    """Return all of `count` indices, or `most` of them at regular intervals: int64, ascending."""
    return np.linspace(0, count - 1, min(count, most)).astype(np.int64)


def _stratified(labels: np.ndarray, most: int) -> np.ndarray:
    """Return `most` indices into `labels`, ascending; see `ImageSet.some`."""
    classes = [np.flatnonzero(labels == label) for label in np.unique(labels[labels >= 0])]
    fewest = min(_FEWEST_OF_A_CLASS, most // max(len(classes), 1))
    chosen = np.concatenate([np.empty(0, np.int64), *(members[spread(len(members), fewest)] for members in classes)])
    labelled = np.concatenate([np.empty(0, np.int64), *classes])  # class by class, so that each gets its share
    for rest in (labelled[~np.isin(labelled, chosen)], np.flatnonzero(labels < 0)):
        chosen = np.concatenate([chosen, rest[spread(len(rest), most - len(chosen))]])
    return np.sort(chosen)
