"""Folder names that do not mean a class: splits, images without labels, masks of defects, system files."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from kerasae.data.sources.source import SPLIT_NAMES, Split

# "eval" is used for validation and for test sets.
_SPLIT_WORDS: dict[str, Split | Literal["unclear"]] = {
    **SPLIT_NAMES,
    "trn": "train",
    "trainset": "train",
    "valset": "validation",
    "dev": "validation",
    "testset": "test",
    "eval": "unclear",
    "evaluation": "unclear",
}
_GENERIC_WORDS = frozenset(
    (
        *("set", "sets", "data", "dataset", "split", "splits", "folder", "dir", "files"),
        *("image", "images", "img", "imgs", "picture", "pictures", "photo", "photos"),
    )
)
_UNLABELLED = re.compile(r"(unlabell?ed|unlabel|nolabels?|(no|not|without) label(s|l?ed)?)( |$)")
_MASKS = frozenset({"ground_truth", "groundtruth", "ground truth", "ground-truth"})
_MASKS_BESIDE_NORMAL = frozenset({"mask", "masks", "gt"})
# The normal folders of MVTec AD, BTAD and VisA, and of anomalib's documentation; and those of what is not normal.
NORMAL_NAMES = frozenset({"good", "normal", "ok", "nominal", "defect-free", "defect_free", "no_defect"})
ABNORMAL_NAMES = frozenset(
    (
        *("bad", "abnormal", "anomaly", "anomalies", "anomalous", "defect", "defects", "defective", "faulty"),
        *("ko", "ng", "nok", "not_good", "not_ok"),
    )
)
_SYSTEM = frozenset(
    {
        "@eadir",
        "@recently-snapshot",
        "@recycle",
        "@tmp",
        "#recycle",
        "#snapshot",
        "$recycle.bin",
        "__macosx",
        "__pycache__",
        "found.000",
        "lost+found",
        "network trash folder",
        "recycler",
        "system volume information",
        "temporary items",
    }
)


def composed(name: str) -> str:
    """Return a name in Unicode's composed form (NFC), in which equal names are equal strings."""
    return unicodedata.normalize("NFC", name)


def is_system(name: str) -> bool:
    """Return whether folders of that name are made by an operating system or a storage device."""
    return name.casefold() in _SYSTEM


def is_unlabelled(name: str) -> bool:
    """Return whether a folder of that name holds images without labels: unlabeled, unlabeled_images, no_label."""
    match = _UNLABELLED.match(" ".join(_split_words(name)))
    return match is not None and _says_nothing(tuple(" ".join(_split_words(name))[match.end() :].split()))


def is_masks(name: str, *, beside_normal: bool) -> bool:
    """Return whether a folder of that name holds masks of defects; mask/ only beside normal images."""
    return name.casefold() in _MASKS or (beside_normal and name.casefold() in _MASKS_BESIDE_NORMAL)


def is_normal(name: str) -> bool:
    """Return whether a class of that name holds normal images, from which an anomaly detector learns."""
    return name.casefold() in NORMAL_NAMES


def split_and_rest(name: str) -> tuple[Split | Literal["unclear"], tuple[str, ...]] | None:
    """Return the split in a name, and the name's other words; None if it has no split or several.

    "seg_train" gives "train" and ("seg",), "testSet" gives "test" and ("set",).
    """
    parts = _split_words(name)
    splits = [word for word in parts if word in _SPLIT_WORDS]
    if len(splits) != 1:
        return None
    return _SPLIT_WORDS[splits[0]], tuple(word for word in parts if word != splits[0])


def is_split(name: str) -> bool:
    """Return whether a name means a split and nothing else: dev, test_set, val2017; not bullet_train."""
    parts = split_and_rest(name)
    return parts is not None and _says_nothing(parts[1])


def pairs(names: list[str], shares_folders: frozenset[str]) -> dict[str, Split]:
    """Return the splits of names that differ in nothing but the split, such as seg_train and seg_test.

    Args:
        names: of folders side by side.
        shares_folders: those of them whose sub-folders have names in common with those of another one.

    Returns:
        A split by name, with one for training and at least one other; empty where that is not certain.
    """
    groups: dict[tuple[str, ...], dict[Split, list[str]]] = {}
    for name in names:
        split, rest = split_and_rest(name) or ("unclear", ())
        if split != "unclear":
            groups.setdefault(rest, {}).setdefault(split, []).append(name)
    certain = [
        {same[0]: split for split, same in group.items()}
        for rest, group in groups.items()
        if "train" in group
        and len(group) > 1
        and all(len(same) == 1 for same in group.values())
        and (_says_nothing(rest) or all(same[0] in shares_folders for same in group.values()))
    ]
    return certain[0] if len(certain) == 1 else {}


def _split_words(name: str) -> list[str]:
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", composed(name))
    return re.findall(r"[^\W\d_]+|\d+", parted.lower())


def _says_nothing(parts: tuple[str, ...]) -> bool:
    return all(word in _GENERIC_WORDS or word.isdigit() for word in parts)
