"""Images with labels, held in memory or read from files when they are needed."""

from __future__ import annotations

import abc
import functools
import hashlib
import os
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np
import tensorflow as tf

from kerasae.data.decoding import Resize, compiled_resize, decode, resize
from kerasae.data.pipeline import prefetched
from kerasae.data.progress import with_progress
from kerasae.data.value_range import FULL_16, Range
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kerasae.data.scan import FileFact

UNLABELLED = -1
ImageShape = tuple[int, int, int]
_FEWEST = 25  # images of a class in a sample
_BATCH = 256  # images at a time
_BATCH_VALUES = 2**22  # values of them: 16 MiB as float32, of which a pass of a model holds many copies


class Readable(Protocol):
    """What a pass of a model asks of images: `ImageSet`, or anything that is read like them."""

    labels: np.ndarray
    image_shape: ImageShape

    def __len__(self) -> int:
        """Return how many there are."""

    def load(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return the pixels at `indices`: uint8 (k, H, W, C), [0, 255]."""


def as_image_set(scaled: np.ndarray) -> np.ndarray:
    """Return scaled images as uint8; what lies outside of [0, 1] is cut off."""
    return np.rint(255.0 * np.clip(scaled, 0.0, 1.0)).astype(np.uint8)


def spread(count: int, most: int) -> np.ndarray:
    """Return all of `count` places, or `most` of them from end to end: int64, ascending."""
    return np.linspace(0, count - 1, min(count, most)).astype(np.int64)


def _stratified(labels: np.ndarray, most: int) -> np.ndarray:
    """Return `most` places of `labels`, ascending: see `ImageSet.some`."""
    groups = [np.flatnonzero(labels == label) for label in np.unique(labels[labels >= 0])]
    fewest = min(_FEWEST, most // max(len(groups), 1))
    places = np.concatenate([np.empty(0, np.int64), *(group[spread(len(group), fewest)] for group in groups)])
    labelled = np.concatenate([np.empty(0, np.int64), *groups])  # class by class, so that each gets its share
    for rest in (labelled[~np.isin(labelled, places)], np.flatnonzero(labels < 0)):
        places = np.concatenate([places, rest[spread(len(rest), most - len(places))]])
    return np.sort(places)


def batch_size(image_shape: Sequence[int], most: int = _BATCH) -> int:
    """Return how many images are read at a time: `most`, or fewer where they are large."""
    return max(1, min(most, _BATCH_VALUES // int(np.prod(image_shape))))


def batches(images: Readable, most: int = _BATCH) -> list[np.ndarray]:
    """Return the places of all images in order, as many at a time as `batch_size` says: int64 arrays."""
    size = batch_size(images.image_shape, most)
    return [np.arange(start, min(start + size, len(images))) for start in range(0, len(images), size)]


class ImageSet(abc.ABC):
    """Images of one `image_shape` (H, W, C); `labels` is int64 (n,), -1 where there is none."""

    labels: np.ndarray
    image_shape: ImageShape

    def __len__(self) -> int:
        return len(self.labels)

    @abc.abstractmethod
    def select(self, indices: Sequence[int] | np.ndarray) -> Self:
        """Return the images at `indices`, in that order, of the same kind; not copied where that can be."""

    def some(self, most: int) -> Self:
        """Return all images, or `most` of them in their order.

        Labelled ones come first, of each class its share and 25 at least, or all that it has; the rest is unlabelled.
        All are taken from end to end.
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
        """Say where the image came from: a file's path, or its place in an array such as "train/123"."""

    @abc.abstractmethod
    def marks(self) -> np.ndarray:
        """Return for every image 64 bits of a hash of its shape and upright pixels: uint64 (n,).

        The same for a file and for an array of the same pixels of 8 bits, if neither was resized.
        """

    @abc.abstractmethod
    def digests(self) -> list[tuple[str, str]]:
        """Return for every image a hash of its file's bytes ("" if there is no file) and one of its pixels."""


class ArrayImages(ImageSet):
    """Images in memory; `images` is uint8 (n, H, W, C)."""

    def __init__(self, images: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> None:
        self.images = images
        self.labels = np.asarray(labels, np.int64)
        self.names = names
        self.image_shape: ImageShape = images.shape[1:]

    def select(self, indices: Sequence[int] | np.ndarray) -> ArrayImages:
        """Return some of the images, as a view where they follow one another."""
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

    def digests(self) -> list[tuple[str, str]]:
        """Return hashes of pixels; the bytes that they came from are not known any more."""
        return [("", hashlib.sha256(np.ascontiguousarray(image).data).hexdigest()) for image in self.images]

    def marks(self) -> np.ndarray:
        """Hash the images as they are in memory."""
        shape = f"{self.image_shape}".encode()
        hashes = (hashlib.sha256(shape + np.ascontiguousarray(image).tobytes()) for image in self.images)
        return np.array([int.from_bytes(one.digest()[:8]) for one in hashes], np.uint64)

    def resized(self, image_shape: ImageShape, mode: Resize) -> ArrayImages:
        """Return these images in another shape; themselves if they have it already."""
        if image_shape == self.image_shape:
            return self
        images = np.empty((len(self), *image_shape), np.uint8)
        for start in range(0, len(self), _BATCH):
            part = slice(start, start + _BATCH)
            images[part] = resize(self.images[part], image_shape, mode).numpy()
        return ArrayImages(images, self.labels, self.names)


class FileImages(ImageSet):
    """Images in files, decoded and resized whenever they are asked for.

    `facts` knows every path's scan; `limits` is the range of stored values that becomes 0 to 255, as `decode` takes it.
    """

    def __init__(
        self,
        paths: Sequence[str],
        labels: np.ndarray,
        image_shape: ImageShape,
        mode: Resize,
        facts: Mapping[str, FileFact],
        limits: Range | None = None,
    ) -> None:
        self.paths = paths
        self.labels = np.asarray(labels, np.int64)
        self.image_shape = image_shape
        self.mode = mode
        self.facts = facts
        self.limits = limits

    def select(self, indices: Sequence[int] | np.ndarray) -> FileImages:
        """Return some of the files; none is read."""
        indices = np.asarray(indices, np.int64)
        return self._like([self.paths[index] for index in indices], self.labels[indices])

    def with_labels(self, labels: np.ndarray) -> FileImages:
        """Return the same files with other labels."""
        return self._like(self.paths, labels)

    def join(self, other: FileImages) -> FileImages:
        """Return the files of both; they share one scan."""
        return self._like([*self.paths, *other.paths], np.concatenate([self.labels, other.labels]))

    def load(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """Decode some of the files, in parallel."""
        return self._decode_all([self.paths[index] for index in indices])

    def name(self, index: int) -> str:
        """Return the file's path."""
        return self.paths[index]

    def digests(self) -> list[tuple[str, str]]:
        """Return what the scan found, without reading anything again."""
        found = [self.facts[path] for path in self.paths]
        if self.limits in (None, FULL_16):
            return [(fact.bytes_hash, fact.pixels_hash) for fact in found]
        return [(fact.bytes_hash, fact.values_hash or fact.pixels_hash) for fact in found]

    def marks(self) -> np.ndarray:
        """Return what the scan has hashed: of images of more than 8 bits the stored numbers, whatever the range."""
        found = [self.facts[path] for path in self.paths]
        return np.array([int((fact.values_hash or fact.pixels_hash)[:16], 16) for fact in found], np.uint64)

    def decode_file(self, path: str) -> np.ndarray:
        """Read one file: uint8 (H, W, C).

        Raises:
            RequestError: the file, which could be read when the folder was scanned, cannot be read now.
        """
        return compiled_resize(self.image_shape, self.mode)(_decode_again(path, self.limits)).numpy()

    def decode_in_graph(self, path: tf.Tensor) -> tf.Tensor:
        """Do the same for a scalar string in a `tf.data` map, twice as fast since only Pillow's part holds Python up.

        Returns:
            uint8 (H, W, C). Where `decode_file` raises, the graph raises a `tf.errors.OpError` with the same text.
        """
        return _graph_decoder(self.image_shape, self.mode, self.limits)(path)

    def in_memory(self) -> ArrayImages:
        """Decode every image, once, in parallel."""
        return ArrayImages(self._decode_all(self.paths), self.labels, self.paths)

    def _decode_all(self, paths: Sequence[str]) -> np.ndarray:
        images = np.empty((len(paths), *self.image_shape), np.uint8)
        decoded = tf.data.Dataset.from_tensor_slices(tf.constant(paths, tf.string, [len(paths)]))
        decode_one = tf.autograph.experimental.do_not_convert(self.decode_in_graph)
        decoded = prefetched(decoded.map(decode_one, num_parallel_calls=os.cpu_count()).batch(_BATCH))
        done = 0
        try:
            for batch in with_progress(decoded.as_numpy_iterator(), -(-len(paths) // _BATCH), "Reading images"):
                images[done : done + len(batch)] = batch
                done += len(batch)
        except tf.errors.OpError:
            for path in paths[done:]:
                self.decode_file(path)  # raises for the file that failed, in one line
            raise
        return images

    def _like(self, paths: Sequence[str], labels: np.ndarray) -> FileImages:
        return FileImages(paths, labels, self.image_shape, self.mode, self.facts, self.limits)


@functools.cache
def _graph_decoder(image_shape: ImageShape, mode: Resize, limits: Range | None) -> Callable[[tf.Tensor], tf.Tensor]:
    # Kept, since tracing it takes longer than decoding the images of a small folder.
    @tf.function(input_signature=[tf.TensorSpec([], tf.string)], autograph=False)
    def decode_and_resize(path: tf.Tensor) -> tf.Tensor:
        image = tf.numpy_function(lambda name: _decode_again(os.fsdecode(name), limits), [path], tf.uint8)
        image.set_shape([None, None, None])
        return resize(image, image_shape, mode)

    return decode_and_resize


def _decode_again(path: str, limits: Range | None) -> np.ndarray:
    try:
        return decode(path, limits)
    except Exception as error:  # whatever a decoder makes of a file that changed
        raise RequestError(
            "data.source",
            expected=f"{path} as it was when the folder was scanned",
            received=error,
            fix="leave the folder alone while it is trained on",
        ) from None
