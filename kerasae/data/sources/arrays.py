"""Checks for images that come as arrays."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import numpy as np

from kerasae.data.array_images import ArrayImages
from kerasae.data.images import UNLABELLED
from kerasae.data.sources.source import Source, SourceFacts, Split
from kerasae.data.value_range import Range, Values, resolve_range, scale, scales_8_bits
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHUNK = 256  # images that are scaled at a time
Arrays = tuple[np.ndarray, np.ndarray | None]


def from_arrays(
    arrays: Mapping[Split, Arrays],
    class_names: tuple[str, ...] | None,
    where: str,
    unlabelled: np.ndarray | None = None,
    shown: Mapping[str, str] = MappingProxyType({}),
    limits: Range | None = None,
) -> Source:
    """Make a source of images uint8 (n, H, W) or (n, H, W, C) and labels, integers (n,) or (n, 1).

    Args:
        arrays: images and labels by split; labels of None mean that none is known.
        class_names: a name for each label; None takes the labels themselves, 0 to the highest.
        where: the source's name in errors.
        unlabelled: images without labels, which are added to the training images.
        shown: the source's own names of x_train, y_train and so on, for errors.
        limits: the range that becomes 0 to 255, with which images may be of any real type; None accepts uint8 alone.

    Raises:
        RequestError: an array is of another kind, or labels lie outside `class_names`.
    """
    parts: dict[Split, ArrayImages] = {}
    values = [_values(images) for images, _ in arrays.values()] + ([] if unlabelled is None else [_values(unlabelled)])
    for split, (images, labels) in arrays.items():
        x, y = (shown.get(f"{axis}_{split}", f"{axis}_{split}") for axis in "xy")
        checked = _images(images, f"{where}: {x}", limits)
        parts[split] = ArrayImages(
            checked,
            _labels(labels, len(checked), f"{where}: {y}", x),
            [f"{split}/{index}" for index in range(len(checked))],
        )
    if unlabelled is not None:
        checked = _images(unlabelled, f"{where}: x_unlabeled", limits)
        names = [f"unlabeled/{index}" for index in range(len(checked))]
        extra = ArrayImages(checked, np.full(len(checked), UNLABELLED), names)
        _same_shape({"x_train": parts["train"], "x_unlabeled": extra}, where)
        parts["train"] = parts["train"].join(extra)
    _same_shape({f"x_{split}": image_set for split, image_set in parts.items()}, where)
    _, facts = resolve_range([image for array in values for image in array], limits)
    return Source({**parts}, _class_names(parts, class_names, where), SourceFacts(facts))


def _values(images: np.ndarray) -> list[Values]:
    """Return what is known of the numbers of each image, which is the same for all."""
    if not images.ndim or not images.size or images.dtype.kind not in "buif":
        return []
    kind: Literal["8 bits", "wide"] = "8 bits" if images.dtype == np.uint8 else "wide"
    return [Values(kind, float(images.min()), float(images.max()), None)] * len(images)


def _images(images: np.ndarray, what: str, limits: Range | None) -> np.ndarray:
    expected = "uint8 images (n, height, width) or (n, height, width, channels)"
    if images.dtype != np.uint8 and (limits is None or images.dtype.kind not in "buif"):
        raise RequestError(
            what,
            expected="uint8 images of 0 to 255",
            received=f"{images.dtype}{_nan(images)}",
            fix=(
                "only you know their range, so set data.range to it, such as [0, 1], or convert them, such as (x * "
                "255).round().astype('uint8') for 0 to 1"
            ),
        )
    if images.dtype.kind == "f" and not np.isfinite(images).all():
        raise RequestError(what, expected="finite numbers", received=f"{images.dtype} with NaN or infinity")
    if images.ndim not in (3, 4) or 0 in images.shape[1:]:
        raise RequestError(what, expected=expected, received=f"shape {images.shape}")
    if images.ndim == 3:
        images = images[..., np.newaxis]
    if images.shape[3] not in (1, 3):
        raise RequestError(
            what, expected=f"{expected}, with 1 or 3 channels, which come last", received=f"shape {images.shape}"
        )
    if limits is None or (images.dtype == np.uint8 and not scales_8_bits(limits)):
        return images
    scaled = np.empty(images.shape, np.uint8)
    for start in range(0, len(images), _CHUNK):
        scaled[start : start + _CHUNK] = scale(images[start : start + _CHUNK], limits)
    return scaled


def _nan(images: np.ndarray) -> str:
    return " with NaN" if np.issubdtype(images.dtype, np.floating) and np.isnan(images).any() else ""


def _labels(labels: np.ndarray | None, count: int, what: str, images: str) -> np.ndarray:
    if labels is None:
        return np.full(count, UNLABELLED)
    if not np.issubdtype(labels.dtype, np.integer):
        raise RequestError(
            what, expected="integer labels", received=f"{labels.dtype}{_nan(labels)}", fix="round or encode them"
        )
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise RequestError(
            what,
            expected="labels (n,) or (n, 1)",
            received=f"shape {labels.shape}",
            fix="one-hot rows become labels by argmax, and several classes for one image cannot be learned",
        )
    if len(labels) != count:
        raise RequestError(
            what,
            expected="a label for each image",
            received=f"{len(labels)} labels for {count} images in {images}",
        )
    if len(labels) and labels.min() < 0:
        raise RequestError(
            what,
            expected="labels from 0",
            received=f"{labels.min()}",
            fix="images without a label go in x_unlabeled",
        )
    if len(labels) and labels.max() > np.iinfo(np.int64).max:
        raise RequestError(
            what,
            expected="labels from 0 to the number of classes",
            received=f"{labels.max()}, as -1 becomes in {labels.dtype}",
            fix="images without a label go in x_unlabeled",
        )
    return labels.astype(np.int64)


def _same_shape(parts: Mapping[str, ArrayImages], where: str) -> None:
    shapes = {name: images.image_shape for name, images in parts.items()}
    if len(set(shapes.values())) > 1:
        listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise RequestError(where, expected="images of one shape", received=listed)


def _class_names(parts: Mapping[Split, ArrayImages], names: tuple[str, ...] | None, where: str) -> tuple[str, ...]:
    used = np.unique(np.concatenate([images.labels for images in parts.values()]))
    used = used[used != UNLABELLED]
    if names is not None:
        if len(set(names)) < len(names):
            raise RequestError(where, expected="a different name for every class", received=f"{list(names)}")
        if len(used) and used[-1] >= len(names):
            raise RequestError(
                where,
                expected=f"labels from 0 to {len(names) - 1}, one for each class name",
                received=f"{used[-1]}",
            )
        return names
    # Checked before a name is made for each label: the highest one may be absurdly high.
    gaps = np.flatnonzero(used != np.arange(len(used)))
    if len(gaps):
        raise RequestError(
            where,
            expected="labels from 0 without a gap",
            received=f"no image with label {gaps[0]}, and labels up to {used[-1]}",
            fix="renumber them or give class_names",
        )
    return tuple(str(label) for label in used)
