"""tf.data support: all transforms as one operation of the graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from augment import checks
from augment.engine import ENGINES, apply, check_images, compose
from augment.mixing import Mixing
from augment.mixing_dataset import mix_batch, shifted
from augment.transform import Engine, Transform

if TYPE_CHECKING:
    import tensorflow as tf


def augment_batch(
    images: tf.Tensor,
    transforms: Sequence[Transform] | Transform,
    *,
    seed: int,
    epoch: int | tf.Tensor = 0,
    positions: tf.Tensor,
    engine: Engine = "native",
) -> tf.Tensor:
    """Return the images after all `transforms`, inside any `Dataset.map` or other graph.

    Args:
        images: uint8 (n, H, W, C) in [0, 255], C in {1, 3}, known when the graph is built.
        transforms: what to apply, in this order.
        seed: any integer; with `epoch` and an image's position it decides every random choice.
        epoch: any integer, or an int64 scalar.
        positions: int64 (n,), the images' places in the order of the epoch.
        engine: "native" (batched kernels) or "pil" (Pillow, one image after the other); same bytes.

    Returns:
        uint8 (n, H, W, C), with the static shape of `images`.

    Raises:
        ValueError: for images of another rank or number of channels, or an unknown engine.
        TypeError: for images that are not uint8.
    """
    import tensorflow as tf

    if images.shape.rank is None:
        raise ValueError("Expected images of known rank; set their shape first. Received: unknown shape")
    check_images(images.dtype.name, images.shape)
    checks.choice("augment_batch", "engine", engine, ENGINES)
    composition = compose(transforms)

    def change(sample_images: Any, epoch_value: Any, image_positions: Any) -> Any:
        return apply(
            sample_images, composition, seed=seed, epoch=int(epoch_value), positions=image_positions, engine=engine
        )

    # Not stateful: the same arguments give the same images, so that tf.data may share or drop the call.
    arguments = [images, tf.cast(epoch, tf.int64), tf.cast(positions, tf.int64)]
    changed = tf.numpy_function(change, arguments, tf.uint8, stateful=False)
    changed.set_shape(images.shape)
    return changed


def map(
    dataset: tf.data.Dataset,
    transforms: Sequence[Transform] | Transform,
    *,
    seed: int,
    epoch: int = 0,
    engine: Engine = "native",
    mixing: Mixing | None = None,
    num_parallel_calls: int | None = None,
) -> tf.data.Dataset:
    """Return `dataset` with its images augmented; an image's position is its index in the dataset.

    The dataset must have the same order each time it is read. With `mixing` it is read twice, and its elements are
    pairs of images and float32 label rows (num_classes,). The partner of an image is the one a number of positions
    later, which is drawn from (seed, epoch); after the last image follows the first.

    Args:
        dataset: images uint8 (H, W, C) or batches of them (n, H, W, C), alone or as the first of a tuple. Batched
            is much faster.
        transforms: what to apply, in this order.
        seed: any integer; with `epoch` and the position it decides every random choice.
        epoch: any integer; pass another one for each epoch, so that the images are augmented differently.
        engine: "native" (batched kernels) or "pil" (Pillow, one image after the other); same bytes.
        mixing: MixUp or CutMix, after the transforms; None mixes nothing.
        num_parallel_calls: batches processed in parallel; None leaves it to tf.data. The order is kept.

    Raises:
        ValueError: for images of another rank or number of channels, or an unknown engine.
        TypeError: for images that are not uint8.
    """
    import tensorflow as tf

    batched = is_batched(dataset.element_spec)
    composition = compose(transforms)
    checks.choice("map", "engine", engine, ENGINES)
    calls = tf.data.AUTOTUNE if num_parallel_calls is None else num_parallel_calls

    def change(start: Any, element: Any) -> Any:
        images, rest = split(element)
        stack = images if batched else images[tf.newaxis]
        changed = augment_batch(
            stack, composition, seed=seed, epoch=epoch, positions=_positions(start, stack), engine=engine
        )
        return join(changed if batched else changed[0], rest)

    change = tf.autograph.experimental.do_not_convert(change)
    changed = numbered(dataset, batched).map(change, num_parallel_calls=calls, deterministic=True)
    if mixing is None:
        return changed
    _check_pairs(dataset.element_spec)

    def mix(numbered_element: Any, other: Any) -> Any:
        start, element = numbered_element
        first, second = (
            (element, other) if batched else tf.nest.map_structure(lambda part: part[tf.newaxis], (element, other))
        )
        positions = _positions(start, first[0])
        mixed = mix_batch(first[0], second[0], first[1], second[1], mixing, seed=seed, epoch=epoch, positions=positions)
        return mixed if batched else (mixed[0][0], mixed[1][0])

    pairs = tf.data.Dataset.zip(numbered(changed, batched), shifted(changed, batched, seed=seed, epoch=epoch))
    return pairs.map(tf.autograph.experimental.do_not_convert(mix), num_parallel_calls=calls, deterministic=True)


def _positions(start: Any, stack: Any) -> Any:
    import tensorflow as tf

    return start + tf.range(tf.shape(stack, tf.int64)[0], dtype=tf.int64)


def _check_pairs(spec: Any) -> None:
    if not isinstance(spec, tuple) or len(spec) != 2 or getattr(spec[1], "dtype", None) != "float32":
        raise ValueError(
            "Expected elements (images, float32 label rows of num_classes) where images are mixed; one-hot encode "
            f"the labels first. Received: {spec!r}"
        )


def is_batched(spec: Any) -> bool:
    """Return whether elements of `spec` hold batches; raise unless they are or begin with uint8 images."""
    first = split(spec)[0]
    shape = getattr(first, "shape", None)
    if shape is None or shape.rank not in (3, 4):
        raise ValueError(
            "Expected a dataset of images (H, W, C) or batches (n, H, W, C), alone or as the first of a tuple. "
            f"Received: {spec!r}"
        )
    check_images(first.dtype.name, shape if shape.rank == 4 else [None, *shape])
    return bool(shape.rank == 4)


def split(element: Any) -> tuple[Any, tuple[Any, ...] | None]:
    """Return an element's images and its other parts; None if there are no others."""
    return (element[0], tuple(element[1:])) if isinstance(element, tuple) else (element, None)


def join(images: Any, rest: tuple[Any, ...] | None) -> Any:
    """Return the element of these images and other parts; the inverse of `split`."""
    return images if rest is None else (images, *rest)


def numbered(dataset: tf.data.Dataset, batched: bool) -> tf.data.Dataset:
    """Return pairs of the position of each element's first image, int64, and the element."""
    import tensorflow as tf

    @tf.autograph.experimental.do_not_convert
    def count(position: Any, *element: Any) -> Any:
        size = tf.shape(split(_whole(element))[0], tf.int64)[0] if batched else tf.constant(1, tf.int64)
        return position + size, (position, _whole(element))

    return dataset.scan(np.int64(0), count)


def _whole(element: tuple[Any, ...]) -> Any:
    return element if len(element) > 1 else element[0]
