"""What a recipe without a classifier learns from, and what it keeps apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from kerasae.data.collection import Collection, open_collection
from kerasae.data.summary import lines
from kerasae.recipe import DataRecipe
from kerasae.recipe.loading import load
from kerasae.utils.errors import RequestError

MakeFolder = Callable[[dict[str, int]], Path]


def opened(root: Path, *, classifies: bool = False, asks: bool = True, **options: object) -> Collection:
    recipe = DataRecipe.model_validate({"source": str(root), **options})
    return open_collection(recipe, classifies=classifies, asks=asks)


def folders(collection: Collection) -> dict[str, set[str]]:
    """The folders that each split and each unknown class comes from."""
    splits = {split: getattr(collection, split) for split in ("train", "validation", "test")} | collection.unknown
    return {
        name: {Path(images.name(index)).parent.name for index in range(len(images))} for name, images in splits.items()
    }


MVTEC = {"train/good": 20, "test/good": 5, "test/hole": 4, "test/scratch": 3, "ground_truth/hole": 4}


def test_a_tree_of_mvtec_keeps_defects_apart(make_folder: MakeFolder) -> None:
    root = make_folder(MVTEC)
    collection = opened(root)
    good = {"train": {"good"}, "validation": {"good"}, "test": {"good"}}
    assert folders(collection) == good | {"hole": {"hole"}, "scratch": {"scratch"}}
    assert collection.class_names == ("good",)
    assert (len(collection.test), len(collection.unknown["hole"])) == (5, 4)
    facts = collection.facts
    assert (facts.normal, facts.unknown) == (("good",), {"hole": 4, "scratch": 3})
    assert "learned from: good; kept apart, and measured as unknown: hole (4), scratch (3) (data.normal)" in lines(
        facts
    )
    (root / "test" / "hole" / "0.png").unlink()
    assert opened(root).facts.fingerprint != facts.fingerprint
    with pytest.raises(
        RequestError,
        match=r"2 classes without; none of class 'hole', none of class 'scratch'; .* kerasae train anomaly --data ",
    ):
        opened(root, classifies=True)


@pytest.mark.parametrize("bad", ["bad", "crack"])
def test_good_and_bad_side_by_side(bad: str, make_folder: MakeFolder) -> None:
    collection = opened(make_folder({"good": 20, bad: 9, "mask": 9}))
    assert folders(collection) == {split: {"good"} for split in ("train", "validation", "test")} | {bad: {bad}}
    assert len(collection.unknown[bad]) == 9
    assert list(collection.facts.masks) == ["mask"]


def test_classes_that_only_the_test_split_has_are_unknown_whatever_their_names(make_folder: MakeFolder) -> None:
    collection = opened(make_folder({"train/a": 20, "test/a": 5, "test/b": 3}))
    assert {name: len(images) for name, images in collection.unknown.items()} == {"b": 3}


@pytest.mark.parametrize(
    "counts",
    [{"a": 20, "b": 20}, {"train/a": 20, "train/b": 20, "test/a": 9}, {"train/a": 20, "test/good": 9}, {"bad": 9}],
)
def test_what_cannot_be_known_is_asked(counts: dict[str, int], make_folder: MakeFolder) -> None:
    root = make_folder(counts)
    with pytest.raises(
        RequestError, match=r"data\.normal: expected .* Received: (2 classes; )?(a|bad) \(\d+ .* data\.normal=all"
    ) as caught:
        opened(root)
    assert "\n" not in str(caught.value)
    collection = opened(root, normal="all")
    assert (collection.unknown, collection.facts.normal) == ({}, None)
    assert opened(root, asks=False).facts.class_names  # what was begun before is not asked again


def test_the_user_decides(make_folder: MakeFolder) -> None:
    root = make_folder({"a": 20, "b": 7})
    assert folders(opened(root, normal=["a"]))["b"] == {"b"}
    with pytest.raises(RequestError, match=r"data\.normal: expected .* classes a, b\. Received: aa Did you mean 'a'"):
        opened(root, normal=["aa"])


def test_arrays_are_not_asked_about(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 1), np.uint8)
    labels, other = np.arange(20) % 2, np.arange(20) % 3
    np.savez(tmp_path / "data.npz", x_train=images, y_train=labels, x_test=images, y_test=other)
    collection = opened(tmp_path / "data.npz")
    assert (len(collection.test), {name: len(part) for name, part in collection.unknown.items()}) == (14, {"2": 6})


def test_near_names_are_asked_about_where_a_classifier_is_trained(make_folder: MakeFolder) -> None:
    root = make_folder({"cat": 9, "Cat": 9, "dog": 9})
    with pytest.raises(RequestError, match=r"Received: 'Cat' and 'cat'; .* data\.class_names="):
        opened(root, classifies=True)
    assert opened(root, classifies=True, class_names=["Cat", "cat", "dog"]).class_names == ("Cat", "cat", "dog")
    assert opened(root, classifies=True, asks=False).class_names == ("Cat", "cat", "dog")


def test_one_folder_and_a_classifier_name_the_recipe_for_it(make_folder: MakeFolder) -> None:
    root = make_folder({"good": 9})
    for source, received in ((root, r"only 'good'"), (root / "good", r"nothing labelled")):
        with pytest.raises(
            RequestError, match=rf"Received: {received}; .* kerasae train anomaly --data .*{source.name}"
        ):
            opened(source, classifies=True)


def test_the_autoencoder_learns_from_every_class_and_the_detector_from_the_normal_ones() -> None:
    assert load("autoencoder").data.normal == "all"
    assert load("anomaly").data.normal == "auto"
