"""All that a run learns from and is tested on, opened in one call."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasae.data import similar_names
from kerasae.data.duplicates import find_duplicates
from kerasae.data.fingerprint import fingerprint
from kerasae.data.images import (
    UNLABELLED,
    ArrayImages,
    FileImages,
    ImageSet,
    ImageShape,
    batch_size,
    batches,
    spread,
)
from kerasae.data.normal_images import separate
from kerasae.data.sources import SPLITS, open_source
from kerasae.data.splits import divide
from kerasae.data.value_range import check_8_bits
from kerasae.data.weights import class_weights
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kerasae.recipe import DataRecipe

# Patches of so many images are more than enough for the covariance of a dozen values; of large ones fewer do.
MOST_EXAMPLES = 1000


@dataclass(frozen=True)
class Collection:
    """Images by split, their classes, and what was found out about them.

    `class_names` is empty if nothing is labelled; `class_weights` is float32 (num_classes,), ones for "none"; `facts`
    can be written as JSON. `unknown` holds by class what a recipe without a classifier must not learn from, such as the
    defects beside good images. `marks` tells images of other collections from these, by split as `ImageSet.marks` gives
    them; empty where they are not known.
    """

    train: ImageSet
    validation: ImageSet
    test: ImageSet
    class_names: tuple[str, ...]
    image_shape: ImageShape
    class_weights: np.ndarray
    facts: dict[str, Any]
    unknown: dict[str, ImageSet] = field(default_factory=dict)
    marks: Mapping[str, np.ndarray] = field(default_factory=dict)

    @cached_property
    def channel_statistics(self) -> tuple[list[float], list[float]]:
        """Mean and variance a channel of the scaled training images, which are read once."""
        count, total, squares = 0, np.zeros(self.image_shape[2]), np.zeros(self.image_shape[2])
        for places in batches(self.train):
            images = self.train.load(places) / 255.0
            count += images[..., 0].size
            total += images.sum(axis=(0, 1, 2))
            squares += np.square(images).sum(axis=(0, 1, 2))
        mean = total / count
        return mean.tolist(), np.maximum(squares / count - mean**2, 1e-6).tolist()

    @cached_property
    def examples(self) -> np.ndarray:
        """Some scaled training images, float32 (n, height, width, channels), evenly over all of them."""
        places = spread(len(self.train), batch_size(self.image_shape, MOST_EXAMPLES))
        return self.train.load(places) / np.float32(255.0)


def open_collection(recipe: DataRecipe, *, classifies: bool, asks: bool = True) -> Collection:
    """Open, check, cut and split the images of a recipe.

    Args:
        recipe: what to open, and how it is divided.
        classifies: whether labels are needed.
        asks: whether to refuse what only the user can know, such as whether `dev/` is a class, or images of 8 bits are
            meant to be nearly black. What was begun before was answered then.

    Raises:
        RequestError: something is wrong with the data; one line says what, and how to mend it.
    """
    source = open_source(recipe)
    if recipe.class_names and tuple(recipe.class_names) != source.class_names:
        raise RequestError(
            "data.class_names",
            expected=f"the classes of {recipe.source}, {', '.join(source.class_names) or 'none'}",
            received=f"{', '.join(recipe.class_names)}",
            fix="leave it out, since the source names its own",
        )
    if asks and "values" in source.facts:
        check_8_bits(source.facts["values"])
    source, recipe = source.without(recipe.leave_out), _without_left_out(recipe)
    separated = separate(source, "all" if classifies else recipe.normal)
    source = separated.source
    near = similar_names.doubts(source.class_names) if classifies and not recipe.class_names else ()
    for doubt in (*source.doubts, *near) if asks else ():
        raise RequestError(doubt)
    given = [split for split in SPLITS if split in source.parts and len(source.parts[split])]
    parts = [source.parts[split] for split in given]
    if not parts:
        raise RequestError("data.source", expected=f"images in {recipe.source}", received="none")
    division = divide(
        np.concatenate([part.labels for part in parts]),
        np.repeat(given, [len(part) for part in parts]),
        source.class_names,
        recipe,
        classifies=classifies,
    )
    splits: dict[str, ImageSet] = {split: _gather(parts, getattr(division, split)) for split in SPLITS}
    splits["train"] = splits["train"].with_labels(division.train_labels)
    unknown = {f"unknown/{name}": images for name, images in separated.unknown.items()}
    weights = class_weights(recipe.class_weights, division.train_labels, source.class_names)
    marks = {split: images.marks() for split, images in splits.items()}
    facts = {
        "source": recipe.source,
        "class_names": list(source.class_names),
        **_array_facts(parts, recipe),
        **source.facts,
        **find_duplicates(splits | unknown),
        "in_train": {split: int(np.isin(marks[split], marks["train"]).sum()) for split in SPLITS if split != "train"},
        "fingerprint": fingerprint(splits | unknown),
        "counts": {split: _counts(images, source.class_names) for split, images in splits.items()},
        "normal": list(source.class_names) if separated.unknown else None,
        "unknown": {name: len(images) for name, images in separated.unknown.items()},
        "class_weights": {name: float(weight) for name, weight in zip(source.class_names, weights, strict=True)},
    }
    ready = _ready(splits | unknown, recipe)
    image_shape = ready["train"].image_shape
    facts["image_shape"] = list(image_shape)
    facts["storage"] = "memory" if isinstance(ready["train"], ArrayImages) else "streamed"
    return Collection(
        **{split: ready[split] for split in SPLITS},
        class_names=source.class_names,
        image_shape=image_shape,
        class_weights=weights,
        facts=facts,
        unknown={name: ready[f"unknown/{name}"] for name in separated.unknown},
        marks=marks,
    )


def _without_left_out(recipe: DataRecipe) -> DataRecipe:
    """Drop what the recipe says of classes that it leaves out, so that leaving one out takes one change."""

    def rest(table: dict[str, float]) -> dict[str, float]:
        return {name: value for name, value in table.items() if name not in recipe.leave_out}

    weights = recipe.class_weights
    return recipe.model_copy(
        update={"keep": rest(recipe.keep), "class_weights": rest(weights) if isinstance(weights, dict) else weights}
    )


def _gather(parts: Sequence[ImageSet], places: np.ndarray) -> ImageSet:
    """Take images by their places in all `parts`, one after the other."""
    ends = np.cumsum([len(part) for part in parts])
    chosen = [
        part.select(places[(places >= end - len(part)) & (places < end)] - (end - len(part)))
        for part, end in zip(parts, ends, strict=True)
    ]
    return reduce(lambda left, right: left.join(right), [part for part in chosen if len(part)] or chosen[:1])


def _ready(splits: Mapping[str, ImageSet], recipe: DataRecipe) -> dict[str, ImageSet]:
    """Bring arrays to the shape that is asked for, and into memory what fits there."""
    total = sum(len(images) * int(np.prod(images.image_shape)) for images in splits.values())
    ready: dict[str, ImageSet] = {}
    for split, images in splits.items():
        if isinstance(images, ArrayImages) and recipe.image_shape != "auto":
            height, width, channels = recipe.image_shape
            images = images.resized((height, width, channels), recipe.resize)
        elif isinstance(images, FileImages) and total <= recipe.memory_limit_mb * 2**20:
            images = images.in_memory()
        ready[split] = images
    return ready


def _array_facts(parts: Sequence[ImageSet], recipe: DataRecipe) -> dict[str, Any]:
    """Return for arrays what a scan finds of files, whose own facts come after and replace these."""
    height, width, channels = parts[0].image_shape
    size = [height, width]
    return {
        "sizes": {"median": size, "smallest": size, "largest": size},
        "modes": {"L" if channels == 1 else "RGB": sum(len(part) for part in parts)},
        "image_shape_rule": "the arrays' own" if recipe.image_shape == "auto" else "given by data.image_shape",
        "quarantine": [],
        "ignored": {},
        "scan": None,
    }


def _counts(images: ImageSet, class_names: tuple[str, ...]) -> dict[str, Any]:
    labelled = images.labels[images.labels != UNLABELLED]
    by_class = np.bincount(labelled, minlength=len(class_names))
    return {
        "total": len(images),
        "classes": {name: int(count) for name, count in zip(class_names, by_class, strict=True)},
        "unlabelled": len(images) - len(labelled),
    }
