"""Images in files, from a folder or a table: scanned, the broken ones set aside."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasae.data.images import UNLABELLED, FileImages, ImageSet, ImageShape
from kerasae.data.scan import FileFact, scan
from kerasae.data.sources.folder_names import composed
from kerasae.data.sources.naming import listing, natural, printable
from kerasae.data.sources.source import SPLITS, Source, Split
from kerasae.data.value_range import resolved, setting
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from kerasae.recipe import DataRecipe


@dataclass(frozen=True)
class Entry:
    """A file, the class it belongs to (None if unlabelled) and the split it is given for."""

    path: str
    label: str | None
    split: Split


def from_files(
    root: Path,
    entries: Sequence[Entry],
    classes: Iterable[str],
    recipe: DataRecipe,
    facts: dict[str, Any],
    doubts: tuple[str, ...] = (),
) -> Source:
    """Scan the files of `entries` and make a source of those that can be read.

    Classes whose names differ in their Unicode form alone are one class, shown in the composed form (NFC).

    Args:
        root: what the scan is remembered under.
        entries: the files.
        classes: every class name, also of classes that turned out to be empty.
        recipe: its `image_shape`, `resize` and `max_broken_fraction` are followed.
        facts: what is known already.
        doubts: what only the user can know, see `Source`.

    Raises:
        RequestError: more than `max_broken_fraction` of the files are broken or missing, or none is left.
    """
    scanned = scan(root, [entry.path for entry in entries])
    limits, values = resolved(
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
            fix=f"{listing(reasons)}; mend or remove them, or raise the fraction",
        )
    if not good:
        raise RequestError("data.source", expected=f"images in {root}", received="none that can be read")
    # Sorted by the form that the source has, so that data read by earlier versions keep the order of their classes.
    class_names = tuple(dict.fromkeys(composed(name) for name in sorted(set(classes), key=natural)))
    numbers = {name: number for number, name in enumerate(class_names)}
    image_shape, rule = _image_shape(recipe, [scanned.facts[entry.path] for entry in good])
    parts: dict[Split, ImageSet] = {}
    for split in SPLITS:
        mine = [entry for entry in good if entry.split == split]
        if mine:
            labels = np.array([UNLABELLED if entry.label is None else numbers[composed(entry.label)] for entry in mine])
            parts[split] = FileImages(
                [entry.path for entry in mine], labels, image_shape, recipe.resize, scanned.facts, limits
            )
    return Source(
        parts,
        class_names,
        {
            **facts,
            **_sizes([scanned.facts[entry.path] for entry in good]),
            "image_shape_rule": rule,
            "quarantine": [{"path": printable(entry.path), "reason": errors[entry.path]} for entry in broken],
            "values": values,
            "scan": {"read": scanned.read, "remembered": scanned.remembered, "cache": scanned.cache},
        },
        doubts,
    )


def _image_shape(recipe: DataRecipe, facts: Sequence[FileFact]) -> tuple[ImageShape, str]:
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


def _sizes(facts: Sequence[FileFact]) -> dict[str, Any]:
    """Return sizes (height, width) and how often each way of storing pixels was seen."""
    sizes = np.array(sorted(((fact.height, fact.width) for fact in facts), key=lambda size: size[0] * size[1]))
    return {
        "sizes": {
            "median": np.median(sizes, axis=0).tolist(),
            "smallest": sizes[0].tolist(),
            "largest": sizes[-1].tolist(),
        },
        "modes": dict(Counter(fact.mode for fact in facts).most_common()),
    }
