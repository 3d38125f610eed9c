"""`Collection`: the images that a run learns from and is tested on, opened in one call."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from typing import TYPE_CHECKING

import numpy as np

from kerasae.data.array_images import ArrayImages
from kerasae.data.duplicates import find_duplicates
from kerasae.data.file_images import FileImages
from kerasae.data.fingerprint import fingerprint
from kerasae.data.images import UNLABELLED, ImageSet, ImageShape, batch_size, batches, spread
from kerasae.data.normal_images import separate
from kerasae.data.similar_names import find_similar
from kerasae.data.sources import SPLITS, open_source
from kerasae.data.splits import divide
from kerasae.data.value_range import check_8_bits
from kerasae.data.weights import class_weights
from kerasae.runs.data_facts import DataFacts, ImageSizes, SplitCounts
from kerasae.utils.errors import RequestError
from kerasae.utils.pixels import scale_images

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kerasae.data.sources.source import SourceFacts
    from kerasae.recipe import DataRecipe

# Enough for the covariance of the dozen values of a patch; fewer where images are large.
MOST_EXAMPLES = 1000


@dataclass(frozen=True)
class Collection:
    """Images by split, their classes, and what is known about them.

    Attributes:
        train, validation, test: the images.
        class_names: empty if nothing is labelled.
        image_shape: (H, W, C) of all images.
        class_weights: float32 (num_classes,); ones for the setting "none".
        facts: the content of data.json.
        unknown: by class the images that a recipe without a classifier must not learn from, such as defects.
        image_ids: by split `ImageHashes.ids` of the images as they are stored, to compare them with other collections;
            empty where they are not known.
    """

    train: ImageSet
    validation: ImageSet
    test: ImageSet
    class_names: tuple[str, ...]
    image_shape: ImageShape
    class_weights: np.ndarray
    facts: DataFacts
    unknown: dict[str, ImageSet] = field(default_factory=dict)
    image_ids: Mapping[str, np.ndarray] = field(default_factory=dict)

    @cached_property
    def channel_statistics(self) -> tuple[list[float], list[float]]:
        """Mean and variance of each channel of the scaled training images, which are read once."""
        count, total, squares = 0, np.zeros(self.image_shape[2]), np.zeros(self.image_shape[2])
        for indices in batches(self.train):
            images = self.train.load(indices) / 255.0
            count += images[..., 0].size
            total += images.sum(axis=(0, 1, 2))
            squares += np.square(images).sum(axis=(0, 1, 2))
        mean = total / count
        return mean.tolist(), np.maximum(squares / count - mean**2, 1e-6).tolist()

    @cached_property
    def examples(self) -> np.ndarray:
        """Some scaled training images at regular intervals, float32 (n, height, width, channels), in [0, 1]."""
        indices = spread(len(self.train), batch_size(self.image_shape, MOST_EXAMPLES))
        return scale_images(self.train.load(indices))


def open_collection(recipe: DataRecipe, *, classifies: bool, asks: bool = True) -> Collection:
    """Open, check, cut and split the images of a recipe.

    Args:
        recipe: which images to open, and how to divide them.
        classifies: whether labels are needed.
        asks: whether to raise the source's doubts, such as whether `dev/` is a class, and to refuse images of 8 bits
            that are nearly black. False for a run that was begun before, when they were settled.

    Raises:
        RequestError: something is wrong with the data.
    """
    source = open_source(recipe)
    if recipe.class_names and tuple(recipe.class_names) != source.class_names:
        raise RequestError(
            "data.class_names",
            expected=f"the classes of {recipe.source}, {', '.join(source.class_names) or 'none'}",
            received=f"{', '.join(recipe.class_names)}",
            fix="leave it out, since the source names its own",
        )
    if asks:
        check_8_bits(source.facts.values)
    source, recipe = source.without(recipe.leave_out), _without_left_out(recipe)
    separated = separate(source, "all" if classifies else recipe.normal)
    source = separated.source
    if asks and source.doubts:
        raise source.doubts[0]
    if asks and classifies and not recipe.class_names and (similar := find_similar(source.class_names)):
        raise similar
    present = [split for split in SPLITS if split in source.parts and len(source.parts[split])]
    parts = [source.parts[split] for split in present]
    if not parts:
        raise RequestError("data.source", expected=f"images in {recipe.source}", received="none")
    division = divide(
        np.concatenate([part.labels for part in parts]),
        np.repeat(present, [len(part) for part in parts]),
        source.class_names,
        recipe,
        classifies=classifies,
    )
    splits: dict[str, ImageSet] = {split: _gather(parts, getattr(division, split)) for split in SPLITS}
    splits["train"] = splits["train"].with_labels(division.train_labels)
    unknown = {f"unknown/{name}": images for name, images in separated.unknown.items()}
    weights = class_weights(recipe.class_weights, division.train_labels, source.class_names)
    ids = {split: images.hashes.ids for split, images in splits.items()}
    duplicates, duplicate_totals = find_duplicates(splits | unknown)
    ready = _ready(splits | unknown, recipe)
    image_shape = ready["train"].image_shape
    source_facts = _with_array_facts(source.facts, parts, recipe)
    facts = DataFacts(
        source=recipe.source,
        class_names=source.class_names,
        sizes=source_facts.sizes,
        modes=source_facts.modes,
        image_shape_rule=source_facts.image_shape_rule,
        quarantine=source_facts.quarantine,
        ignored=source_facts.ignored,
        scan=source_facts.scan,
        split_folders=source_facts.split_folders,
        masks=source_facts.masks,
        values=source_facts.values,
        duplicates=duplicates,
        duplicate_totals=duplicate_totals,
        in_train={split: int(np.isin(ids[split], ids["train"]).sum()) for split in SPLITS if split != "train"},
        fingerprint=fingerprint(splits | unknown),
        counts={split: _counts(images, source.class_names) for split, images in splits.items()},
        normal=source.class_names if separated.unknown else None,
        unknown={name: len(images) for name, images in separated.unknown.items()},
        class_weights={name: float(weight) for name, weight in zip(source.class_names, weights, strict=True)},
        image_shape=image_shape,
        storage="memory" if isinstance(ready["train"], ArrayImages) else "streamed",
    )
    return Collection(
        **{split: ready[split] for split in SPLITS},
        class_names=source.class_names,
        image_shape=image_shape,
        class_weights=weights,
        facts=facts,
        unknown={name: ready[f"unknown/{name}"] for name in separated.unknown},
        image_ids=ids,
    )


def _without_left_out(recipe: DataRecipe) -> DataRecipe:
    """Drop the settings of classes that the recipe leaves out, so that leaving one out takes one change."""

    def remaining(table: dict[str, float]) -> dict[str, float]:
        return {name: value for name, value in table.items() if name not in recipe.leave_out}

    weights = recipe.class_weights
    return recipe.model_copy(
        update={
            "keep": remaining(recipe.keep),
            "class_weights": remaining(weights) if isinstance(weights, dict) else weights,
        }
    )


def _gather(parts: Sequence[ImageSet], indices: np.ndarray) -> ImageSet:
    """Select images by their indices in the concatenation of `parts`."""
    ends = np.cumsum([len(part) for part in parts])
    chosen = [
        part.select(indices[(indices >= end - len(part)) & (indices < end)] - (end - len(part)))
        for part, end in zip(parts, ends, strict=True)
    ]
    return reduce(lambda left, right: left.join(right), [part for part in chosen if len(part)] or chosen[:1])


def _ready(splits: Mapping[str, ImageSet], recipe: DataRecipe) -> dict[str, ImageSet]:
    """Resize arrays, and load files into memory if all of them fit."""
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


def _with_array_facts(facts: SourceFacts, parts: Sequence[ImageSet], recipe: DataRecipe) -> SourceFacts:
    """Return the facts of a source; for arrays, sizes and modes come from their shape."""
    if facts.sizes is not None:
        return facts
    height, width, channels = parts[0].image_shape
    size = (height, width)
    return replace(
        facts,
        sizes=ImageSizes(size, size, size),
        modes={"L" if channels == 1 else "RGB": sum(len(part) for part in parts)},
        image_shape_rule="the arrays' own" if recipe.image_shape == "auto" else "given by data.image_shape",
    )


def _counts(images: ImageSet, class_names: tuple[str, ...]) -> SplitCounts:
    labelled = images.labels[images.labels != UNLABELLED]
    by_class = np.bincount(labelled, minlength=len(class_names))
    return SplitCounts(
        total=len(images),
        classes={name: int(count) for name, count in zip(class_names, by_class, strict=True)},
        unlabelled=len(images) - len(labelled),
    )
