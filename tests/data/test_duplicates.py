from __future__ import annotations

import numpy as np

from kerasae.data.array_images import ArrayImages
from kerasae.data.duplicates import find_duplicates
from kerasae.data.file_images import FileImages
from kerasae.data.scan import FileFact
from kerasae.runs.data_facts import DuplicateGroup, DuplicateTotals


def test_array_images_of_the_same_pixels_are_found() -> None:
    images = np.random.default_rng(0).integers(0, 256, (6, 4, 4, 1), np.uint8)
    images[4], images[2], images[5] = images[0], images[1], images[0]
    labels = np.array([0, 1, 1, 2, 3, -1])
    sample_images = ArrayImages(images, labels, [f"train/{index}" for index in range(6)])
    groups, totals = find_duplicates({"train": sample_images.select(range(4)), "test": sample_images.select([4, 5])})
    assert groups == (DuplicateGroup("pixels", 3, ("train: train/0", "test: train/4", "test: train/5")),)
    assert totals == DuplicateTotals(groups=2, across_splits=1, surplus_pictures=3, labels_differ=1)


def test_files_say_whether_their_bytes_or_only_their_pixels_agree() -> None:
    hashes = {"a": ("1", "aa"), "b": ("1", "aa"), "c": ("2", "bb"), "d": ("3", "bb"), "e": ("4", "cc")}
    facts = {name: FileFact(bytes_hash=own, pixels_hash=pixels) for name, (own, pixels) in hashes.items()}

    def files(*names: str) -> FileImages:
        return FileImages(names, np.zeros(len(names)), (8, 8, 1), "fill", facts)

    groups, _ = find_duplicates({"train": files("a", "c"), "validation": files("b"), "test": files("d", "e")})
    assert [(group.kind, group.places) for group in groups] == [
        ("bytes", ("train: a", "validation: b")),
        ("pixels", ("train: c", "test: d")),
    ]


def test_long_lists_are_cut_but_counted() -> None:
    images = np.repeat(np.arange(150, dtype=np.uint8), 2).reshape(300, 1, 1, 1)
    sample_images = ArrayImages(images, np.zeros(300), [str(index) for index in range(300)])
    groups, totals = find_duplicates(
        {"train": sample_images.select(range(0, 300, 2)), "test": sample_images.select(range(1, 300, 2))}
    )
    assert len(groups) == 100
    assert totals.across_splits == 150
    blank = ArrayImages(np.zeros((50, 1, 1, 1), np.uint8), np.zeros(50), [str(index) for index in range(50)])
    (group,), _ = find_duplicates({"train": blank.select(range(25)), "test": blank.select(range(25, 50))})
    assert (group.count, len(group.places)) == (50, 20)
