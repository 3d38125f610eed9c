from __future__ import annotations

import pickle
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from kerasae.data.array_images import ArrayImages
from kerasae.data.sources.npz import open_npz
from kerasae.utils.errors import RequestError


class Explosive:
    """Says so when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return pytest.fail, ("an array was unpickled",)


def arrays(**changes: object) -> dict[str, object]:
    images = np.random.default_rng(0).integers(0, 256, (6, 5, 4, 3), np.uint8)
    labels = np.array([0, 1, 2, 0, 1, 2])
    return {"x_train": images, "y_train": labels, "x_test": images[:3], "y_test": labels[:3]} | changes


def saved(tmp_path: Path, **changes: object) -> Path:
    kept = {name: value for name, value in arrays(**changes).items() if value is not None}
    np.savez_compressed(tmp_path / "pictures.npz", **kept)
    return tmp_path / "pictures.npz"


def test_arrays_are_taken_as_they_are(tmp_path: Path) -> None:
    source = open_npz(saved(tmp_path))
    train = source.parts["train"]
    assert isinstance(train, ArrayImages)
    np.testing.assert_array_equal(train.images, arrays()["x_train"])
    np.testing.assert_array_equal(train.labels, arrays()["y_train"])
    assert source.class_names == ("0", "1", "2")
    assert train.name(4) == "train/4"
    assert list(source.parts) == ["train", "test"]


def test_grey_columns_and_names(tmp_path: Path) -> None:
    grey = np.zeros((6, 5, 4), np.uint8)
    labels = np.array([[0], [1], [2], [0], [1], [2]], np.uint8)
    names = np.array(["ant", "bee", "cow", "dodo"])
    source = open_npz(saved(tmp_path, x_train=grey, x_test=grey, y_train=labels, y_test=labels, class_names=names))
    assert source.parts["train"].image_shape == (5, 4, 1)
    assert source.parts["test"].labels.tolist() == [0, 1, 2, 0, 1, 2]
    assert source.class_names == ("ant", "bee", "cow", "dodo")


def test_validation_and_unlabelled_images(tmp_path: Path) -> None:
    images = np.asarray(arrays()["x_train"])
    source = open_npz(saved(tmp_path, x_validation=images[:2], y_validation=np.array([1, 2]), x_unlabeled=images[:4]))
    assert source.parts["validation"].labels.tolist() == [1, 2]
    assert source.parts["train"].labels.tolist() == [0, 1, 2, 0, 1, 2, -1, -1, -1, -1]
    assert source.parts["train"].name(7) == "unlabeled/1"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x_train": np.zeros((6, 5, 4), np.float32)}, r"x_train: expected uint8 .* Received: float32; .* convert"),
        ({"x_test": np.full((3, 5, 4, 3), np.nan)}, r"x_test: .* Received: float64 with NaN"),
        ({"x_train": np.zeros((6, 5, 4, 3), np.int64)}, r"Received: int64"),
        ({"x_train": np.zeros((6, 60), np.uint8)}, r"x_train: .* Received: shape \(6, 60\)"),
        (
            {"x_train": np.zeros((6, 3, 5, 4), np.uint8)},
            r"1 or 3 channels, which come last\. Received: shape \(6, 3, 5",
        ),
        ({"x_train": np.zeros((6, 0, 4, 3), np.uint8)}, r"shape \(6, 0, 4, 3\)"),
        ({"x_train": np.uint8(3)}, r"x_train: .* shape \(\)"),
        ({"x_test": np.zeros((3, 5, 5, 3), np.uint8)}, r"one shape. Received: x_train \(5, 4, 3\), x_test \(5, 5, 3\)"),
        ({"x_unlabeled": np.zeros((3, 5, 5, 3), np.uint8)}, r"one shape. Received: .* x_unlabeled \(5, 5, 3\)"),
        ({"y_train": np.zeros(5, int)}, r"y_train: .* Received: 5 labels for 6 images in x_train"),
        (
            {"y_train": np.array([0, 1, 2, 0, 1, 2**64 - 1], np.uint64)},
            r"y_train: .* Received: 18446744073709551615, as -1",
        ),
        ({"y_train": np.zeros(6)}, r"y_train: expected integer labels. Received: float64"),
        ({"y_train": np.full(6, np.nan)}, r"Received: float64 with NaN"),
        ({"y_train": np.eye(6, dtype=int)}, r"shape \(6, 6\); one-hot rows become labels by argmax"),
        ({"y_test": np.array([0, -1, 2])}, r"y_test: expected labels from 0. Received: -1; .* x_unlabeled"),
        ({"y_test": np.array([0, 1, 10**9])}, r"without a gap. Received: no image with label 3, .* up to 1000000000"),
        ({"class_names": np.array(["a", "b"])}, r"expected labels from 0 to 1, .* Received: 2"),
        ({"class_names": np.array(["a", "b", "a"])}, r"a different name for every class. Received: \['a', 'b', 'a'\]"),
        ({"class_names": np.array([1, 2, 3])}, r"class_names: expected strings \(n,\). Received: int64, shape \(3,\)"),
        ({"y_test": None}, r"expected the arrays .*lacks y_test\. Received: x_test, x_train, y_train"),
        ({"x_validation": np.zeros((2, 5, 4, 3), np.uint8)}, r"lacks y_validation"),
        ({"x_train": np.array([Explosive()], object)}, r"x_train: .* pickled objects, which are never unpickled"),
        ({"class_names": np.array(["a", Explosive()], object)}, r"class_names: .* never unpickled"),
    ],
)
def test_other_arrays_are_refused(changes: dict[str, object], message: str, tmp_path: Path) -> None:
    path = saved(tmp_path, **changes)
    with pytest.raises(RequestError, match=message) as caught:
        open_npz(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_files_of_another_kind_are_refused(tmp_path: Path) -> None:
    for name, content in {"pickle": pickle.dumps(Explosive()), "text": b"x_train", "empty": b""}.items():
        path = tmp_path / f"{name}.npz"
        path.write_bytes(content)
        with pytest.raises(RequestError, match=r"expected an npz file. Received: .*which is not one"):
            open_npz(path)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    content = bytearray(path.read_bytes())
    content[200:260] = bytes(60)
    path.write_bytes(content)
    with pytest.raises(RequestError, match=r"x_train: expected an array .* cannot be read") as caught:
        open_npz(path)
    assert "\n" not in str(caught.value)


def test_a_recipe_names_the_classes_of_a_file_without_names(tmp_path: Path) -> None:
    assert open_npz(saved(tmp_path), ["ant", "bee", "cow"]).class_names == ("ant", "bee", "cow")


def of_medmnist(tmp_path: Path, **changes: object) -> Path:
    """Write a file with MedMNIST's names."""
    own = arrays()
    labels = np.asarray(own["y_train"], np.uint8)[:, np.newaxis]
    stored = {f"{split}_images": own["x_train"] for split in ("train", "val", "test")}
    stored |= {f"{split}_labels": labels for split in ("train", "val", "test")}
    np.savez(tmp_path / "bloodmnist.npz", **stored | changes)
    return tmp_path / "bloodmnist.npz"


def test_the_names_of_medmnist(tmp_path: Path) -> None:
    source = open_npz(of_medmnist(tmp_path))
    assert list(source.parts) == ["train", "validation", "test"]
    assert source.parts["validation"].labels.tolist() == [0, 1, 2, 0, 1, 2]
    with pytest.raises(
        RequestError, match=r"train_labels: expected labels .* shape \(6, 14\); .*several classes for one"
    ):
        open_npz(of_medmnist(tmp_path, train_labels=np.zeros((6, 14), np.uint8)))


def test_an_array_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    with zipfile.ZipFile(path, "a") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file.writestr("y_train.npy", file.read("y_test.npy"))
    with pytest.raises(RequestError, match=r"every array once in .* Received: y_train 2 times"):
        open_npz(path)


def test_class_names_are_shown_in_composed_form(tmp_path: Path) -> None:
    names = np.array(["Cafe\u0301", "b", "c"])
    assert open_npz(saved(tmp_path, class_names=names)).class_names == ("Caf\u00e9", "b", "c")
