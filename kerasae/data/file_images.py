"""Images in files, decoded and resized on demand."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from kerasae.data.array_images import ArrayImages
from kerasae.data.decoding import decode
from kerasae.data.images import MOST_IN_A_BATCH, ImageHashes, ImageSet, ImageShape
from kerasae.data.pipeline import prefetched
from kerasae.data.progress import with_progress
from kerasae.data.resizing import Resize, compiled_resize, resize
from kerasae.data.value_range import FULL_16, Range
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kerasae.data.scan import FileFact


class FileImages(ImageSet):
    """Images in files, decoded and resized whenever they are loaded.

    Args:
        paths: the files.
        labels: int64 (n,), -1 where there is none.
        image_shape: (H, W, C) of the loaded images.
        mode: how images are resized.
        facts: the scan's result by path.
        limits: the range of stored values that becomes 0 to 255, as `decode` takes it.
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
        """Return the files of both, which must come from one scan."""
        return self._like([*self.paths, *other.paths], np.concatenate([self.labels, other.labels]))

    def load(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """Decode some of the files, in parallel."""
        return self._decode_all([self.paths[index] for index in indices])

    def name(self, index: int) -> str:
        """Return the file's path."""
        return self.paths[index]

    def decode_file(self, path: str) -> np.ndarray:
        """Read one file: uint8 (H, W, C).

        Raises:
            RequestError: the file could be read when the folder was scanned, and cannot be read now.
        """
        return compiled_resize(self.image_shape, self.mode)(_decode_again(path, self.limits)).numpy()

    def decode_in_graph(self, path: tf.Tensor) -> tf.Tensor:
        """Read one file in a `tf.data` map, twice as fast as `decode_file`: only Pillow needs Python's lock.

        Args:
            path: a scalar string.

        Returns:
            uint8 (H, W, C). Where `decode_file` raises, the graph raises a `tf.errors.OpError` with the same text.
        """
        return _graph_decoder(self.image_shape, self.mode, self.limits)(path)

    def in_memory(self) -> ArrayImages:
        """Decode every image once, in parallel."""
        return ArrayImages(self._decode_all(self.paths), self.labels, self.paths)

    def _hashes(self) -> ImageHashes:
        """Return the hashes of the scan: no file is read again.

        Pixels of more than 8 bits depend on the range that is mapped to 8 bits; their ids do not.
        """
        facts = [self.facts[path] for path in self.paths]
        keeps_pixels_hash = self.limits in (None, FULL_16)
        return ImageHashes(
            tuple(fact.bytes_hash for fact in facts),
            tuple(fact.pixels_hash if keeps_pixels_hash else fact.values_hash or fact.pixels_hash for fact in facts),
            np.array([int((fact.values_hash or fact.pixels_hash)[:16], 16) for fact in facts], np.uint64),
        )

    def _decode_all(self, paths: Sequence[str]) -> np.ndarray:
        images = np.empty((len(paths), *self.image_shape), np.uint8)
        decoded = tf.data.Dataset.from_tensor_slices(tf.constant(paths, tf.string, [len(paths)]))
        decode_one = tf.autograph.experimental.do_not_convert(self.decode_in_graph)
        decoded = prefetched(decoded.map(decode_one, num_parallel_calls=os.cpu_count()).batch(MOST_IN_A_BATCH))
        done = 0
        try:
            for batch in with_progress(
                decoded.as_numpy_iterator(), -(-len(paths) // MOST_IN_A_BATCH), "Reading images"
            ):
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
    # Cached, since tracing it takes longer than decoding the images of a small folder.
    @tf.function(input_signature=[tf.TensorSpec([], tf.string)], autograph=False)
    def decode_and_resize(path: tf.Tensor) -> tf.Tensor:
        image = tf.numpy_function(lambda name: _decode_again(os.fsdecode(name), limits), [path], tf.uint8)
        image.set_shape([None, None, None])
        return resize(image, image_shape, mode)

    return decode_and_resize


def _decode_again(path: str, limits: Range | None) -> np.ndarray:
    try:
        return decode(path, limits)
    except Exception as error:  # whatever a decoder raises for a file that changed
        raise RequestError(
            "data.source",
            expected=f"{path} as it was when the folder was scanned",
            received=error,
            fix="leave the folder alone while it is trained on",
        ) from None
