"""What every kind of source gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from kerasae.data.pictures import Pictures

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)

# Names that mean a split in a folder or a table.
SPLIT_NAMES: Mapping[str, Split] = {"train": "train", "validation": "validation", "val": "validation", "test": "test"}


@dataclass(frozen=True)
class Source:
    """Pictures by the split that the source itself puts them in, before anything is cut, split off or hidden.

    `class_names` is empty if nothing is labelled; labels are places in it. `facts` is what is known beyond that.
    """

    parts: dict[Split, Pictures]
    class_names: tuple[str, ...]
    facts: dict[str, Any] = field(default_factory=dict)
