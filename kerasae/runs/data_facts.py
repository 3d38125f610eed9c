"""data.json: what a run knows about its images."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self

from pydantic import TypeAdapter

# Fields that files of earlier versions lack: left out of the JSON where they are None.
_OPTIONAL = ("split_folders", "masks", "values", "in_train", "start_from")
_OF_NORMAL_CLASSES = ("normal", "unknown")


@dataclass(frozen=True, slots=True)
class SplitCounts:
    """Images of one split: all, the labelled ones by class name, and those without a label."""

    total: int = 0
    classes: dict[str, int] = field(default_factory=dict)
    unlabelled: int = 0

    @property
    def labelled(self) -> int:
        """The number of labelled images."""
        return sum(self.classes.values())


@dataclass(frozen=True, slots=True)
class ImageSizes:
    """Heights and widths of the images before they are resized, ordered by area."""

    median: tuple[int | float, ...]
    smallest: tuple[int, ...]
    largest: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BrokenFile:
    """A file that is not used, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class ScanCounts:
    """How many files the scan read, how many the cache knew already, and the cache's path ("" for none)."""

    read: int
    remembered: int
    cache: str


@dataclass(frozen=True, slots=True)
class ValueFacts:
    """The stored numbers of the images that become 0 to 255.

    Attributes:
        lowest, highest: of the numbers that `range` is for.
        range: (low, high) that is mapped to 0 to 255; None where images of 8 bits are kept as they are.
        rule: how the range was chosen; empty where there is none.
    """

    lowest: float = 0.0
    highest: float = 0.0
    range: tuple[float, float] | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Equal images in more than one split: of the same file bytes or of the same pixels, with the first places."""

    kind: Literal["bytes", "pixels"]
    count: int
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DuplicateTotals:
    """Counts over all groups of equal images, also of those within one split."""

    groups: int = 0
    across_splits: int = 0
    surplus_pictures: int = 0
    labels_differ: int = 0


@dataclass(frozen=True, slots=True)
class LearnedBefore:
    """How many images the runs in `start_from` have learned from, other than this run's training images.

    `unknown` lists the runs of which that is not known, since an earlier version made them.
    """

    validation: int = 0
    test: int = 0
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFacts:
    """Everything that is known about the images of a run, in the order of data.json.

    Attributes:
        source: the recipe's `data.source`.
        class_names: empty if nothing is labelled.
        sizes, modes: of the images as they are stored; `modes` counts them by Pillow's mode.
        image_shape_rule: how `image_shape` was chosen.
        quarantine: files that are not used.
        ignored: counts of ignored files by the reason.
        scan: of the files; None for arrays.
        split_folders: the split that each folder was read as; None if the source is not a folder.
        masks: by defect class the folder of its masks; None if the source is not a folder.
        values: of the stored numbers; None in files of earlier versions.
        duplicates: groups of equal images across splits, at most 100.
        duplicate_totals: counts over all groups.
        in_train: by split, how many of its images are training images too; None in files of earlier versions.
        fingerprint: a hash of all pixels, labels and splits.
        counts: by split.
        normal: the classes that are learned from, where others are kept apart; else None.
        unknown: by class how many images are kept apart; None in files of versions that learned from every class.
        class_weights: by class name.
        image_shape: (H, W, C) of the images that the model takes.
        storage: "memory" or "streamed".
        start_from: what other runs have learned from; None if the recipe starts from none.
    """

    source: str = ""
    class_names: tuple[str, ...] = ()
    sizes: ImageSizes | None = None
    modes: dict[str, int] = field(default_factory=dict)
    image_shape_rule: str = ""
    quarantine: tuple[BrokenFile, ...] = ()
    ignored: dict[str, int] = field(default_factory=dict)
    scan: ScanCounts | None = None
    split_folders: dict[str, str] | None = None
    masks: dict[str, str] | None = None
    values: ValueFacts | None = None
    duplicates: tuple[DuplicateGroup, ...] = ()
    duplicate_totals: DuplicateTotals = DuplicateTotals()
    in_train: dict[str, int] | None = None
    fingerprint: str = ""
    counts: dict[str, SplitCounts] = field(default_factory=dict)
    normal: tuple[str, ...] | None = None
    unknown: dict[str, int] | None = None
    class_weights: dict[str, float] = field(default_factory=dict)
    image_shape: tuple[int, ...] = ()
    storage: str = ""
    start_from: LearnedBefore | None = None

    @classmethod
    def from_json(cls, tree: Any) -> Self:
        """Read the content of data.json; fields that an earlier version did not write have their defaults.

        Raises:
            ValueError: a value is of another type.
        """
        facts: Self = _ADAPTER.validate_python(tree)
        return facts

    def to_json(self) -> dict[str, Any]:
        """Return the content of data.json."""
        absent = {name for name in _OPTIONAL if getattr(self, name) is None}
        if self.unknown is None:
            absent.update(_OF_NORMAL_CLASSES)
        return {name: value for name, value in asdict(self).items() if name not in absent}


_ADAPTER: TypeAdapter[Any] = TypeAdapter(DataFacts)
