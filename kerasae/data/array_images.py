"""Images held in memory."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from kerasae.data.images import MOST_IN_A_BATCH, ImageHashes, ImageSet, ImageShape
from kerasae.data.resizing import Resize, resize

if TYPE_CHECKING:
    from collections.abc import Sequence


class ArrayImages(ImageSet):
    """Images in memory; `images` is uint8 (n, H, W, C)."""

    def __init__(self, images: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> None:
        self.images = images
        self.labels = np.asarray(labels, np.int64)
        self.names = names
        self.image_shape: ImageShape = images.shape[1:]

    def select(self, indices: Sequence[int] | np.ndarray) -> ArrayImages:
        """Return some of the images, as a view where the indices are consecutive."""
        indices = np.asarray(indices, np.int64)
        if len(indices) and np.array_equal(indices, np.arange(indices[0], indices[0] + len(indices))):
            part = slice(int(indices[0]), int(indices[0]) + len(indices))
            return ArrayImages(self.images[part], self.labels[part], self.names[part])
        return ArrayImages(self.images[indices], self.labels[indices], [self.names[index] for index in indices])

    def with_labels(self, labels: np.ndarray) -> ArrayImages:
        """Return the same images, not copied, with other labels."""
        return ArrayImages(self.images, labels, self.names)

    def join(self, other: ArrayImages) -> ArrayImages:
        """Return a copy of both, one after the other."""
        return ArrayImages(
            np.concatenate([self.images, other.images]),
            np.concatenate([self.labels, other.labels]),
            [*self.names, *other.names],
        )

    def load(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return a copy of some images."""
        return self.images[np.asarray(indices, np.int64)]

    def name(self, index: int) -> str:
        """Return a place such as "train/123", or the path that the image was read from."""
        return self.names[index]

    def resized(self, image_shape: ImageShape, mode: Resize) -> ArrayImages:
        """Return these images in another shape; themselves if they have it already."""
        if image_shape == self.image_shape:
            return self
        images = np.empty((len(self), *image_shape), np.uint8)
        for start in range(0, len(self), MOST_IN_A_BATCH):
            part = slice(start, start + MOST_IN_A_BATCH)
            images[part] = resize(self.images[part], image_shape, mode).numpy()
        return ArrayImages(images, self.labels, self.names)

    def _hashes(self) -> ImageHashes:
        """Hash the images as they are in memory; the bytes of a file that they came from are not known."""
        shape = f"{self.image_shape}".encode()
        pixels: list[str] = []
        ids = np.empty(len(self), np.uint64)
        for index, image in enumerate(self.images):
            content = np.ascontiguousarray(image).tobytes()
            pixels.append(hashlib.sha256(content).hexdigest())
            ids[index] = int.from_bytes(hashlib.sha256(shape + content).digest()[:8])
        return ImageHashes(("",) * len(self), tuple(pixels), ids)
