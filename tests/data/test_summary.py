from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kerasae.data.collection import open_collection
from kerasae.data.summary import lines
from kerasae.recipe import DataRecipe


def test_what_is_used_and_what_is_not_is_said(make_folder: Callable[[dict[str, int]], Path]) -> None:
    root = make_folder({"a": 20, "b": 20, "unlabeled": 3})
    (root / "a" / "notes.txt").touch()
    (root / "b" / "torn.png").write_bytes(b"no image")
    counts, shape, classes, broken, ignored = lines(
        open_collection(DataRecipe(source=str(root)), classifies=True).facts
    )
    assert counts == "32 images to train on (3 without a label), 3 for validation, 8 for testing; 2 classes"
    assert shape.startswith("shape 32x32x3 (data.image_shape), chosen: the median of the shorter sides")
    assert classes == "labelled images a class: a (20), b (20)"
    assert broken.startswith("broken and left out: 1, the first ")
    assert "torn.png" in broken
    assert ignored == "ignored: suffix .txt (1)"


def test_without_labels_there_are_no_classes(make_folder: Callable[[dict[str, int]], Path]) -> None:
    counts, _ = lines(open_collection(DataRecipe(source=str(make_folder({".": 30}))), classifies=False).facts)
    assert counts == "22 images to train on, 2 for validation, 6 for testing; no classes"


def test_twenty_classes_are_listed(make_folder: Callable[[dict[str, int]], Path]) -> None:
    root = make_folder({f"class {index}": 3 for index in range(23)})
    _, _, classes = lines(open_collection(DataRecipe(source=str(root)), classifies=True).facts)
    assert classes.startswith("images a class: class 0 (3), class 1 (3), ")
    assert classes.endswith(", class 19 (3) and 3 more")


def test_folders_read_as_splits_are_said(make_folder: Callable[[dict[str, int]], Path]) -> None:
    root = make_folder({f"seg_{split}/{name}": 9 for split in ("train", "test") for name in ("a", "b")})
    found = lines(open_collection(DataRecipe(source=str(root)), classifies=True).facts)
    assert "read as splits: seg_test/ (test), seg_train/ (train)" in found
