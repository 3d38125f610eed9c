from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from kerasae.data.file_images import FileImages
from kerasae.data.sources.folder import open_folder
from kerasae.data.sources.source import Source
from kerasae.recipe import DataRecipe
from kerasae.runs.data_facts import BrokenFile, ImageSizes
from kerasae.utils.errors import RequestError

MakeFolder = Callable[[dict[str, int]], Path]


def opened(root: Path, **options: object) -> Source:
    return open_folder(root, DataRecipe.model_validate(options))


def labels(source: Source) -> dict[str, list[int]]:
    return {split: part.labels.tolist() for split, part in source.parts.items()}


def test_a_flat_folder_is_sorted_as_people_count(make_folder: MakeFolder) -> None:
    source = opened(make_folder({"class 10": 1, "class 9": 11, "unlabeled": 2}))
    assert source.class_names == ("class 9", "class 10")
    assert labels(source) == {"train": [0] * 11 + [1] + [-1] * 2}
    train = source.parts["train"]
    assert [Path(train.name(index)).stem for index in range(11)] == [str(number) for number in range(11)]


@pytest.mark.parametrize(
    ("train", "validation", "test"),
    [("train", "validation", "test"), ("train", "val", "test"), ("Training", "Valid", "Testing")],
)
def test_given_splits(train: str, validation: str, test: str, make_folder: MakeFolder) -> None:
    root = make_folder({f"{train}/a": 2, f"{train}/b": 1, f"{validation}/b": 2, f"{test}/a": 1, "unlabelled/deep": 2})
    assert labels(opened(root)) == {"train": [0, 0, 1, -1, -1], "validation": [1, 1], "test": [0]}


def test_unlabelled_within_train_and_sub_folders_of_classes(make_folder: MakeFolder) -> None:
    assert labels(opened(make_folder({"train/a/x": 1, "train/a/y/z": 1, "train/b": 1, "train/unlabeled": 3}))) == {
        "train": [0, 0, 1, -1, -1, -1]
    }


def test_images_without_sub_folders_are_unlabelled(make_folder: MakeFolder) -> None:
    source = opened(make_folder({".": 3}))
    assert (labels(source), source.class_names) == ({"train": [-1, -1, -1]}, ())


def test_an_empty_class_keeps_its_name(make_folder: MakeFolder) -> None:
    assert opened(make_folder({"a": 1, "b": 0})).class_names == ("a", "b")


def test_what_is_ignored_is_counted(make_folder: MakeFolder) -> None:
    root = make_folder({"train/a": 1, "train/.hidden": 2, "notes": 3})
    for name in ("train/a/.DS_Store", "train/a/Thumbs.db", "train/a/labels", "train/stray.png", ".git", "README.md"):
        (root / name).touch()
    source = opened(root)
    assert labels(source) == {"train": [0]}
    assert source.facts.ignored == {
        "hidden": 3,
        "beside folders": 2,
        "suffix (none)": 1,
        "suffix .db": 1,
        "in notes/ beside train/": 3,
    }


def test_links_never_go_round_in_a_circle(make_folder: MakeFolder) -> None:
    root = make_folder({"a": 1, "b": 2})
    (root / "loop").symlink_to(root)
    (root / "a" / "up").symlink_to(root)
    (root / "a" / "self").symlink_to(root / "a")
    (root / "b" / "other").symlink_to(root / "a")
    source = opened(root)
    assert source.class_names == ("a", "b")
    assert labels(source) == {"train": [0, 1, 1, 1]}
    assert source.facts.ignored["links to a folder seen already"] == 5


def test_broken_files_are_set_aside_up_to_the_fraction(make_folder: MakeFolder) -> None:
    root = make_folder({"a": 9, "b": 9})
    (root / "a" / "x.png").write_text("no")
    (root / "b" / "dir.png").mkdir()
    source = opened(root, max_broken_fraction=0.1)
    assert len(source.parts["train"]) == 18
    assert source.facts.quarantine == (
        BrokenFile(str(root / "a" / "x.png"), "not an image of a known format"),
        BrokenFile(str(root / "b" / "dir.png"), "a folder"),
    )
    with pytest.raises(RequestError, match=r"at most 0.09 .* Received: 2 of 20; .*/a/x.png \(not an image.*/dir.png"):
        opened(root, max_broken_fraction=0.09)


def test_a_folder_named_like_a_image_is_no_class(make_folder: MakeFolder) -> None:
    root = make_folder({"a": 9, "b": 9, "c.jpg": 1})
    source = opened(root, max_broken_fraction=0.1)
    assert source.class_names == ("a", "b")
    assert [entry.path for entry in source.facts.quarantine] == [str(root / "c.jpg")]


def test_a_quarantined_name_outside_utf8_can_be_written(make_folder: MakeFolder) -> None:
    root = make_folder({"a": 1})
    Path(os.fsdecode(bytes(root / "a") + b"/\xff.png")).touch()
    (entry,) = opened(root, max_broken_fraction=0.5).facts.quarantine
    assert entry.path.encode().endswith("/\N{REPLACEMENT CHARACTER}.png".encode())


@pytest.mark.parametrize(
    ("folders", "message"),
    [
        ({".": 0}, r"expected images in .* Received: none; known are"),
        ({"a": 0, "b": 0}, r"expected images in .* Received: none"),
        ({"test/a": 1, "cat": 2}, r"expected train/ beside test/ .* Received: cat/, test/; a class cannot"),
    ],
)
def test_other_folders_are_refused(folders: dict[str, int], message: str, make_folder: MakeFolder) -> None:
    root = make_folder(folders)
    with pytest.raises(RequestError, match=message):
        opened(root)


def test_nothing_but_broken_files_is_refused(make_folder: MakeFolder) -> None:
    root = make_folder({"a": 0})
    (root / "a" / "x.png").touch()
    with pytest.raises(RequestError, match="Received: none that can be read"):
        opened(root, max_broken_fraction=1)


def test_a_folder_that_may_not_be_read_is_refused(make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_folder({"a": 1})
    listed = Path.iterdir

    def refuse(self: Path) -> object:
        if self == root / "a":
            raise PermissionError(13, "Permission denied", str(self))
        return listed(self)

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(RequestError, match="/a, which cannot be read: Permission denied"):
        opened(root)


@pytest.mark.parametrize(("sides", "expected"), [([9, 9], 32), ([50, 70, 51], 48), ([56, 56], 64), ([900, 800], 64)])
def test_the_automatic_shape_follows_the_shorter_sides(sides: list[int], expected: int, tmp_path: Path) -> None:
    for number, side in enumerate(sides):
        Image.new("L", (side, side + number)).save(tmp_path / f"{number}.png")
    source = opened(tmp_path)
    sample_images = source.parts["train"]
    assert isinstance(sample_images, FileImages)
    assert sample_images.image_shape == (expected, expected, 1)
    assert "every image is grey" in source.facts.image_shape_rule
    Image.new("RGB", (60, 60)).save(tmp_path / "colour.png")
    assert opened(tmp_path).parts["train"].image_shape[2] == 3
    assert opened(tmp_path, image_shape=[20, 30, 1]).parts["train"].image_shape == (20, 30, 1)


def test_sizes_and_modes_are_told(tmp_path: Path) -> None:
    for number, (mode, size) in enumerate([("L", (10, 20)), ("L", (30, 40)), ("RGBA", (50, 60))]):
        Image.new(mode, size).save(tmp_path / f"{number}.png")
    facts = opened(tmp_path).facts
    assert facts.sizes == ImageSizes(median=(40, 30), smallest=(20, 10), largest=(60, 50))
    assert facts.modes == {"L": 2, "RGBA": 1}


def test_of_classes_that_are_left_out_the_test_images_count(make_folder: MakeFolder) -> None:
    source = opened(make_folder({"train/a": 3, "train/b": 2, "train/c": 4, "test/a": 2, "test/b": 1, "train/d": 0}))
    assert len(source.only(["a"])) == 2
    assert len(source.only(["c"])) == 4  # none of them is for testing
    assert len(source.only(["a", "c"])) == 2
    with pytest.raises(RequestError, match=r"data\.leave_out: expected images of d\. Received: none"):
        source.only(["d"])


def test_folders_of_the_system_are_ignored_and_counted(make_folder: MakeFolder) -> None:
    root = make_folder({"a": 2, "b": 2, "@eaDir": 3, "#recycle": 0, "a/@eaDir/0.png": 1, "b/__MACOSX": 2})
    for name in ("$RECYCLE.BIN", "lost+found", "System Volume Information", ".ipynb_checkpoints"):
        (root / name).mkdir()
    for name in ("a/._0.png", "a/Thumbs.db"):
        (root / name).touch()
    source = opened(root)
    assert source.class_names == ("a", "b")
    assert labels(source) == {"train": [0, 0, 1, 1]}
    assert source.facts.quarantine == ()
    ignored = source.facts.ignored
    assert (ignored["in @eaDir/"], ignored["in __MACOSX/"], ignored["in #recycle/"]) == (4, 2, 0)
    assert (ignored["hidden"], ignored["suffix .db"]) == (2, 1)


def test_two_unicode_forms_are_one_class(make_folder: MakeFolder) -> None:
    composed, decomposed = (unicodedata.normalize(form, "Caf\u00e9") for form in ("NFC", "NFD"))
    source = opened(make_folder({composed: 2, "Bar": 1, decomposed: 3}))
    assert source.class_names == ("Bar", composed)
    assert sorted(labels(source)["train"]) == [0, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("name", ["unlabeled_images", "unlabeled2017", "no_label", "Unlabelled-Data", "noLabels"])
def test_other_names_of_images_without_labels(name: str, make_folder: MakeFolder) -> None:
    source = opened(make_folder({"a": 1, "b": 1, name: 2}))
    assert source.class_names == ("a", "b")
    assert sorted(labels(source)["train"]) == [-1, -1, 0, 1]


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("seg_train", "seg_test"),
        ("training_set", "test_set"),
        ("training_set/training_set", "test_set/test_set"),
        ("trainSet", "valSet"),
        ("train/train", "test/test"),
        ("train2017", "val2017"),
    ],
)
def test_splits_by_other_names(train: str, test: str, make_folder: MakeFolder) -> None:
    source = opened(make_folder({f"{train}/a": 2, f"{train}/b": 1, f"{test}/a": 1, f"{test}/b": 1, "seg_pred": 3}))
    assert source.class_names == ("a", "b")
    (held_out,) = set(source.parts) - {"train"}
    assert labels(source) == {"train": [0, 0, 1], held_out: [0, 1]}
    assert source.facts.ignored == {"in seg_pred/ beside train/": 3}
    assert source.facts.split_folders == {train.split("/")[0]: "train", test.split("/")[0]: held_out}
    assert source.doubts == ()


def test_classes_whose_names_hold_the_word_of_a_split(make_folder: MakeFolder) -> None:
    source = opened(make_folder({"bullet_train": 2, "crash_test": 1, "no_label_shirt": 1}))
    assert source.class_names == ("bullet_train", "crash_test", "no_label_shirt")
    assert source.doubts == ()


@pytest.mark.parametrize(
    ("folders", "message"),
    [
        ({"cat": 1, "dog": 1, "dev": 1}, r"Received: dev/, which is named like a split; .*data\.class_names"),
        ({"cat": 1, "eval": 1, "test_set": 1}, r"Received: eval/, test_set/, which are named like a split"),
        ({"train/cat": 1, "train/val": 1}, r"train\. Received: val/, which is named like a split"),
        (
            {"train": 2, "car": 1, "plane": 1},
            r"images without a class, and car/, plane/ beside it; .*name every class",
        ),
        (
            {f"{camera}/{name}": 1 for camera in ("left", "right") for name in ("cat", "dog")},
            r"Received: left/, right/, all with the sub-folders cat/, dog/; if those are the classes",
        ),
    ],
)
def test_what_may_be_no_class_is_a_doubt(folders: dict[str, int], message: str, make_folder: MakeFolder) -> None:
    (error,) = opened(make_folder(folders)).doubts
    doubt = str(error)
    assert re.search(message, doubt), doubt
    assert "\n" not in doubt


@pytest.mark.parametrize(
    "folders",
    [
        {"car": 1, "plane": 1, "train": 2},
        {"dev": 1, "eval": 1},
        {"test": 1, "unlabeled": 1},
        {"left/cat": 1, "left/dog": 1, "right/cat": 1, "right/dog": 1},
    ],
)
def test_folders_that_the_user_names_are_classes(folders: dict[str, int], make_folder: MakeFolder) -> None:
    names = list(dict.fromkeys(name.split("/")[0] for name in folders))
    source = opened(make_folder(folders), class_names=names)
    assert (list(source.class_names), source.doubts) == (names, ())


def test_masks_are_no_images(make_folder: MakeFolder) -> None:
    mvtec = {"train/good": 2, "test/good": 1, "test/hole": 2, "ground_truth/hole": 2}
    source = opened(make_folder(mvtec))
    assert source.class_names == ("good", "hole")
    assert labels(source) == {"train": [0, 0], "test": [0, 1, 1]}
    assert list(source.facts.masks) == ["hole"]
    assert source.facts.masks["hole"].endswith("ground_truth/hole")
    assert source.facts.ignored == {"masks of defects": 2}


def test_a_folder_of_masks_beside_normal_ones_only(make_folder: MakeFolder, tmp_path: Path) -> None:
    source = opened(make_folder({"normal": 2, "abnormal": 1, "mask": 1}))
    assert source.class_names == ("abnormal", "normal")
    assert list(source.facts.masks) == ["mask"]
    (tmp_path / "pictures" / "normal").rename(tmp_path / "pictures" / "no_mask")
    assert opened(tmp_path / "pictures").class_names == ("abnormal", "mask", "no_mask")


def test_ten_broken_files_are_named_and_the_others_counted(make_folder: MakeFolder) -> None:
    root = make_folder({"a": 1})
    for number in range(12):
        (root / "a" / f"torn{number}.png").write_text("no")
    with pytest.raises(RequestError, match=r"12 of 13; .*torn0\.png .*torn9\.png \(not an .*\) and 2 more; repair"):
        opened(root)
