"""What every kind of source gives."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from kerasae.utils.errors import RequestError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kerasae.data.images import ImageSet
    from kerasae.runs.data_facts import BrokenFile, ImageSizes, ScanCounts, ValueFacts

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)

# Names that mean a split in a folder or a table.
SPLIT_NAMES: Mapping[str, Split] = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "test": "test",
    "testing": "test",
}


@dataclass(frozen=True)
class SourceFacts:
    """What a source knows of its images beside their labels and splits; see `DataFacts` for the fields.

    Arrays give `values` alone: their shape says the rest.
    """

    values: ValueFacts
    sizes: ImageSizes | None = None
    modes: dict[str, int] = field(default_factory=dict)
    image_shape_rule: str = ""
    quarantine: tuple[BrokenFile, ...] = ()
    scan: ScanCounts | None = None
    ignored: dict[str, int] = field(default_factory=dict)
    split_folders: dict[str, str] | None = None
    masks: dict[str, str] | None = None


@dataclass(frozen=True)
class Source:
    """Images by the split that the source itself puts them in, before they are cut, divided or hidden.

    Attributes:
        parts: the images by split.
        class_names: a name for each label; empty if nothing is labelled.
        facts: what else is known.
        doubts: errors about what only the user can know, such as whether `dev/` is a class. They are raised before a
            new run is trained.
    """

    parts: dict[Split, ImageSet]
    class_names: tuple[str, ...]
    facts: SourceFacts
    doubts: tuple[RequestError, ...] = ()

    def without(self, names: Sequence[str]) -> Source:
        """Return the source without some classes; images without a label stay.

        Raises:
            RequestError: a class is unknown, or none is left.
        """
        unknown = [name for name in names if name not in self.class_names]
        if unknown or (names and set(names) == set(self.class_names)):
            raise RequestError(
                "data.leave_out",
                expected=f"some, not all, of the classes {', '.join(self.class_names)}",
                received=f"{', '.join(names)}{(nearest(unknown[0], self.class_names) if unknown else '')}",
            )
        left = [index for index, name in enumerate(self.class_names) if name not in names]
        new_labels = np.full(len(self.class_names) + 1, -1)  # the last one for images without a label, at -1
        new_labels[left] = np.arange(len(left))
        dropped = [index for index, name in enumerate(self.class_names) if name in names]
        parts = {
            split: part.select(np.flatnonzero(~np.isin(part.labels, dropped))) for split, part in self.parts.items()
        }
        return replace(
            self,
            parts={split: part.with_labels(new_labels[part.labels]) for split, part in parts.items()},
            class_names=tuple(self.class_names[index] for index in left),
        )

    def only(self, names: Sequence[str]) -> ImageSet:
        """Return the images of some classes: those in the source's test split if it has any, else all.

        Raises:
            RequestError: the classes have no images.
        """
        parts = self._of_classes(names)
        if not any(len(part) for part in parts.values()):
            raise RequestError("data.leave_out", expected=f"images of {', '.join(names)}", received="none")
        return (
            parts["test"]
            if len(parts.get("test", ()))
            else reduce(lambda left, right: left.join(right), parts.values())
        )

    def of(self, name: str) -> ImageSet:
        """Return all images of a class, whichever split they are in."""
        return reduce(lambda left, right: left.join(right), self._of_classes([name]).values())

    def _of_classes(self, names: Sequence[str]) -> dict[Split, ImageSet]:
        labels = [self.class_names.index(name) for name in names]
        return {split: part.select(np.flatnonzero(np.isin(part.labels, labels))) for split, part in self.parts.items()}
