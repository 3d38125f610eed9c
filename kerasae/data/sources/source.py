"""What every kind of source gives."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from kerasae.utils.errors import RequestError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kerasae.data.images import ImageSet

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
class Source:
    """Images by the split that the source itself puts them in, before anything is cut, split off or hidden.

    `class_names` is empty if nothing is labelled; labels are places in it. `facts` is what is known beyond that.
    `doubts` says in one line each what about the source only its user can know; such a source trains nothing new.
    """

    parts: dict[Split, ImageSet]
    class_names: tuple[str, ...]
    facts: dict[str, Any] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()

    def without(self, names: Sequence[str]) -> Source:
        """Return the source as if it had never heard of some classes; what has no label stays.

        Raises:
            RequestError: there is no such class, or none is left.
        """
        unknown = [name for name in names if name not in self.class_names]
        if unknown or (names and set(names) == set(self.class_names)):
            raise RequestError(
                "data.leave_out",
                expected=f"some, not all, of the classes {', '.join(self.class_names)}",
                received=f"{', '.join(names)}{(nearest(unknown[0], self.class_names) if unknown else '')}",
            )
        left = [index for index, name in enumerate(self.class_names) if name not in names]
        places = np.full(len(self.class_names) + 1, -1)  # the last for images without a label, which are at -1
        places[left] = np.arange(len(left))
        out = [index for index, name in enumerate(self.class_names) if name in names]
        parts = {split: part.select(np.flatnonzero(~np.isin(part.labels, out))) for split, part in self.parts.items()}
        return replace(
            self,
            parts={split: part.with_labels(places[part.labels]) for split, part in parts.items()},
            class_names=tuple(self.class_names[index] for index in left),
        )

    def only(self, names: Sequence[str]) -> ImageSet:
        """Return the images of some classes: those of the source's test split if it has any of them, else all.

        Raises:
            RequestError: there is no image of them.
        """
        held = self._held(names)
        if not any(len(part) for part in held.values()):
            raise RequestError("data.leave_out", expected=f"images of {', '.join(names)}", received="none")
        return (
            held["test"] if len(held.get("test", ())) else reduce(lambda left, right: left.join(right), held.values())
        )

    def of(self, name: str) -> ImageSet:
        """Return all images of a class, whichever split they are in."""
        return reduce(lambda left, right: left.join(right), self._held([name]).values())

    def _held(self, names: Sequence[str]) -> dict[Split, ImageSet]:
        wanted = [self.class_names.index(name) for name in names]
        return {split: part.select(np.flatnonzero(np.isin(part.labels, wanted))) for split, part in self.parts.items()}
