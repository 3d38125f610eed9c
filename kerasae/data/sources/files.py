"""Images in files, from a folder or a table: scanned, without the broken ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kerasae.data.file_images import FileImages
from kerasae.data.images import UNLABELLED, ImageSet, ImageShape
from kerasae.data.scan import FileFact, scan
from kerasae.data.sources.folder_names import composed
from kerasae.data.sources.naming import listing, natural, printable
from kerasae.data.sources.source import SPLITS, Source, SourceFacts, Split
from kerasae.data.value_range import resolve_range, setting
from kerasae.runs.data_facts import BrokenFile, ImageSizes, ScanCounts
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from kerasae.recipe import DataRecipe


@dataclass(frozen=True)
class Entry:
    """A file, its class (None if unlabelled) and its split."""

    path: str
    label: str | None
    split: Split


def from_files(
    root: Path,
    entries: Sequence[Entry],
    classes: Iterable[str],
    recipe: DataRecipe,
    *,
    ignored: dict[str, int] | None = None,
    split_folders: dict[str, str] | None = None,
    masks: dict[str, str] | None = None,
    doubts: tuple[RequestError, ...] = (),
) -> Source:
    """Scan files and make a source of those that can be read.

    Class names that differ only in their Unicode form are one class, shown in the composed form (NFC).

    Args:
        root: names the scan's cache.
        entries: the files.
        classes: every class name, also of empty classes.
        recipe: `image_shape`, `resize` and `max_broken_fraction` are read.
        ignored, split_folders, masks: of a folder, see `DataFacts`.
        doubts: see `Source`.

    Raises:
        RequestError: more than `max_broken_fraction` of the files are broken or missing, or none is left.
    """
    scanned = scan(root, [entry.path for entry in entries])
    limits, values = resolve_range(
        [fact.values for entry in entries if not (fact := scanned.facts[entry.path]).error], setting(recipe.range)
    )
    errors = {
        entry.path: (fact := scanned.facts[entry.path]).error or fact.values.unusable(limits) for entry in entries
    }
    broken = [entry for entry in entries if errors[entry.path]]
    good = [entry for entry in entries if not errors[entry.path]]
    if len(broken) > recipe.max_broken_fraction * len(entries):
        reasons = [f"{printable(entry.path)} ({errors[entry.path]})" for entry in broken]
        raise RequestError(
            "data.max_broken_fraction",
            expected=f"at most {recipe.max_broken_fraction:g} of the files to be broken or missing",
            received=f"{len(broken):,} of {len(entries):,}",
            fix=f"{listing(reasons)}; repair or remove them, or raise the fraction",
        )
    if not good:
        raise RequestError("data.source", expected=f"images in {root}", received="none that can be read")
    # Sorted by the source's own Unicode form, so that the classes of earlier versions keep their order.
    class_names = tuple(dict.fromkeys(composed(name) for name in sorted(set(classes), key=natural)))
    numbers = {name: number for number, name in enumerate(class_names)}
    image_shape, rule = _image_shape(recipe, [scanned.facts[entry.path] for entry in good])
    parts: dict[Split, ImageSet] = {}
    for split in SPLITS:
        of_split = [entry for entry in good if entry.split == split]
        if of_split:
            labels = [UNLABELLED if entry.label is None else numbers[composed(entry.label)] for entry in of_split]
            paths = [entry.path for entry in of_split]
            parts[split] = FileImages(paths, np.array(labels), image_shape, recipe.resize, scanned.facts, limits)
    return Source(
        parts,
        class_names,
        SourceFacts(
            values=values,
            sizes=_sizes([scanned.facts[entry.path] for entry in good]),
            modes=dict(Counter(scanned.facts[entry.path].mode for entry in good).most_common()),
            image_shape_rule=rule,
            quarantine=tuple(BrokenFile(printable(entry.path), errors[entry.path]) for entry in broken),
            scan=ScanCounts(scanned.read, scanned.remembered, scanned.cache),
            ignored=ignored or {},
            split_folders=split_folders,
            masks=masks,
        ),
        doubts,
    )


def _image_shape(recipe: DataRecipe, facts: Sequence[FileFact]) -> tuple[ImageShape, str]:
    """Return the shape that images are resized to, and the rule by which it was chosen."""
    if recipe.image_shape != "auto":
        height, width, channels = recipe.image_shape
        return (height, width, channels), "given by data.image_shape"
    median = float(np.median([min(fact.height, fact.width) for fact in facts]))
    side = min(max(16 * int(median / 16 + 0.5), 32), 64)
    channels = max(fact.channels for fact in facts)
    return (side, side, channels), (
        f"chosen: the median of the shorter sides, {median:g}, to the nearest multiple of 16 within 32 to 64; "
        f"{'1 channel, since every image is grey' if channels == 1 else '3 channels, since not all are grey'}"
    )


def _sizes(facts: Sequence[FileFact]) -> ImageSizes:
    sizes = np.array(sorted(((fact.height, fact.width) for fact in facts), key=lambda size: size[0] * size[1]))
    return ImageSizes(
        median=tuple(np.median(sizes, axis=0).tolist()),
        smallest=tuple(sizes[0].tolist()),
        largest=tuple(sizes[-1].tolist()),
    )
