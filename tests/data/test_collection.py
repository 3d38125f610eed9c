from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kerasae.data.array_images import ArrayImages
from kerasae.data.collection import open_collection
from kerasae.data.file_images import FileImages
from kerasae.recipe import DataRecipe
from kerasae.runs.data_facts import BrokenFile, DataFacts
from kerasae.utils.errors import RequestError

MakeFolder = Callable[[dict[str, int]], Path]


def recipe(**options: object) -> DataRecipe:
    return DataRecipe.model_validate(options)


def test_digits_are_divided_and_described() -> None:
    found = open_collection(recipe(class_weights="balanced"), classifies=True)
    assert (len(found.train), len(found.validation), len(found.test)) == (1294, 144, 359)
    assert found.image_shape == found.train.image_shape == (8, 8, 1)
    assert found.class_names == tuple("0123456789")
    assert found.class_weights.dtype == np.float32
    counts = found.facts.counts
    assert sum(split.total for split in counts.values()) == 1797
    for split, sample_images in (("train", found.train), ("validation", found.validation), ("test", found.test)):
        assert list(counts[split].classes.values()) == np.bincount(sample_images.labels).tolist()
    np.testing.assert_allclose(list(found.facts.class_weights.values()), found.class_weights)
    assert DataFacts.from_json(json.loads(json.dumps(found.facts.to_json(), allow_nan=False))) == found.facts


def test_the_cut_and_hidden_labels_count() -> None:
    found = open_collection(recipe(keep={"3": 0.5}, labelled_fraction=0.1, class_weights="balanced"), classifies=True)
    whole = open_collection(recipe(), classifies=True)
    three = found.facts.counts["train"].classes["3"]
    labelled = found.train.labels[found.train.labels >= 0]
    assert three == (labelled == 3).sum() == 7
    assert found.facts.counts["train"].unlabelled == (found.train.labels == -1).sum() > 1000
    np.testing.assert_allclose(found.class_weights[3], len(labelled) / (10 * three), rtol=1e-6)
    np.testing.assert_array_equal(found.test.labels, whole.test.labels)


def test_what_is_said_of_a_class_that_is_left_out_counts_no_more() -> None:
    cut = recipe(keep={"3": 0.5, "7": 0.5}, class_weights={"3": 2.0, "8": 3.0}, leave_out=["3"])
    collection = open_collection(cut, classifies=True)
    assert "3" not in collection.class_names
    assert collection.facts.class_weights == {**dict.fromkeys("0124567", 1.0), "8": 3.0, "9": 1.0}
    counts = collection.facts.counts["train"].classes
    assert counts["7"] < 0.6 * counts["8"]


def test_arrays_take_another_shape() -> None:
    found = open_collection(recipe(image_shape=[16, 12, 3]), classifies=True)
    assert found.image_shape == found.test.image_shape == (16, 12, 3)
    assert found.train.load([0]).shape == (1, 16, 12, 3)
    assert found.facts.image_shape == (16, 12, 3)
    assert found.facts.image_shape_rule == "given by data.image_shape"


def test_a_folder_streams_or_lies_in_memory_with_the_same_pixels(make_folder: MakeFolder) -> None:
    root = make_folder({"cat": 9, "dog": 9})
    memory = open_collection(recipe(source=str(root)), classifies=True)
    stream = open_collection(recipe(source=str(root), memory_limit_mb=0), classifies=True)
    assert isinstance(memory.train, ArrayImages)
    assert isinstance(stream.train, FileImages)
    assert (memory.facts.storage, stream.facts.storage) == ("memory", "streamed")
    assert memory.image_shape == (32, 32, 3)
    for split in ("train", "validation", "test"):
        one, other = getattr(memory, split), getattr(stream, split)
        np.testing.assert_array_equal(one.labels, other.labels)
        np.testing.assert_array_equal(one.load(range(len(one))), other.load(range(len(other))))
    assert (memory.facts.scan.read, stream.facts.scan.remembered) == (18, 18)


def test_quarantine_and_duplicates_are_told(make_folder: MakeFolder) -> None:
    root = make_folder({"train/cat": 20, "train/dog": 20, "test/cat": 3, "test/dog": 3})
    (root / "train" / "cat" / "broken.png").write_text("no")
    (root / "test" / "cat" / "again.png").write_bytes((root / "train" / "cat" / "5.png").read_bytes())
    Image.open(root / "train" / "dog" / "7.png").save(root / "test" / "dog" / "again.bmp")
    facts = open_collection(recipe(source=str(root), validation=0.05), classifies=True).facts
    broken = str(root / "train" / "cat" / "broken.png")
    assert facts.quarantine == (BrokenFile(broken, "not an image of a known format"),)
    kinds = {group.kind: group.places for group in facts.duplicates}
    assert kinds["bytes"][1] == f"test: {root / 'test' / 'cat' / 'again.png'}"
    assert kinds["pixels"][1] == f"test: {root / 'test' / 'dog' / 'again.bmp'}"
    assert facts.duplicate_totals.across_splits == 2


def test_unlabelled_images_train_without_a_classifier(make_folder: MakeFolder) -> None:
    root = make_folder({".": 20})
    found = open_collection(recipe(source=str(root)), classifies=False)
    assert (found.class_names, found.class_weights.shape) == ((), (0,))
    assert (len(found.train), len(found.validation), len(found.test)) == (14, 2, 4)
    with pytest.raises(RequestError, match="Received: nothing labelled"):
        open_collection(recipe(source=str(root)), classifies=True)


def test_a_given_validation_split_that_is_not_wanted_joins_training(make_folder: MakeFolder) -> None:
    root = make_folder({f"{split}/{name}": 6 for split in ("train", "val", "test") for name in ("cat", "dog")})
    kept = open_collection(recipe(source=str(root)), classifies=True)
    drawn = open_collection(recipe(source=str(root), validation=0.25), classifies=True)
    assert (len(kept.train), len(kept.validation)) == (12, 12)
    assert (len(drawn.train), len(drawn.validation)) == (18, 6)
    assert any("/val/" in drawn.train.name(index) for index in range(18))
    joined = drawn.train.load(range(18))
    for index in range(18):
        same = kept.validation if "/val/" in drawn.train.name(index) else kept.train
        names = [same.name(place) for place in range(len(same))]
        assert (joined[index] == same.load([names.index(drawn.train.name(index))])[0]).all()


def test_other_names_than_the_sources_own_are_refused() -> None:
    with pytest.raises(
        RequestError, match=r"data\.class_names: expected the classes of digits, 0, 1, .* Received: a, b;"
    ):
        open_collection(recipe(class_names=["a", "b"]), classifies=True)


def test_channel_statistics_equal_numpy() -> None:
    collection = open_collection(recipe(), classifies=True)
    scaled = collection.train.load(np.arange(len(collection.train))) / 255
    mean, variance = collection.channel_statistics
    assert mean == pytest.approx(scaled.mean(axis=(0, 1, 2)))
    assert variance == pytest.approx(scaled.var(axis=(0, 1, 2)))
