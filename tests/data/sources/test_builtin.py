from __future__ import annotations

import socket
import sys
import urllib.error
from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.datasets import load_digits

from kerasae.data.array_images import ArrayImages
from kerasae.data.sources.builtin import open_builtin
from kerasae.utils.errors import RequestError


def test_digits_are_scaled_to_full_range() -> None:
    source = open_builtin("digits")
    sample_images = source.parts["train"]
    assert isinstance(sample_images, ArrayImages)
    assert sample_images.images.shape == (1797, 8, 8, 1)
    original = load_digits()
    np.testing.assert_allclose(sample_images.images[..., 0] / 255, original.images / 16, atol=0.5 / 255)
    assert (sample_images.images.min(), sample_images.images.max()) == (0, 255)
    np.testing.assert_array_equal(sample_images.labels, original.target)
    assert list(source.parts) == ["train"]


@pytest.mark.parametrize(
    ("name", "shape"), [("cifar10", (32, 32, 3)), ("mnist", (28, 28)), ("fashion_mnist", (28, 28))]
)
def test_keras_data_sets_are_taken_as_they_come(
    name: str, shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = np.arange(10, dtype=np.uint8)[:, np.newaxis]
    timeouts = []

    def load_data() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
        print("Downloading data")
        timeouts.append(socket.getdefaulttimeout())
        return (np.zeros((10, *shape), np.uint8), labels), (np.ones((20, *shape), np.uint8), np.tile(labels, (2, 1)))

    monkeypatch.setattr(getattr(keras.datasets, name), "load_data", load_data)
    source = open_builtin(name)
    assert {split: len(sample_images) for split, sample_images in source.parts.items()} == {"train": 10, "test": 20}
    assert len(source.class_names) == 10
    assert timeouts != [None]
    assert socket.getdefaulttimeout() is None
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("name", "url", "place"),
    [
        ("cifar10", "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz", "cifar-10-batches-py-target_archive"),
        ("mnist", "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz", "mnist.npz"),
        ("fashion_mnist", "tf-keras-datasets/t10k-images-idx3-ubyte.gz", "fashion-mnist/t10k-images-idx3-ubyte.gz"),
    ],
)
def test_offline_names_the_file_that_keras_wanted_and_its_place(
    name: str, url: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The place is checked against what Keras itself asks for, so that a later Keras cannot make the advice wrong.
    asked: list[tuple[str, str]] = []

    def refuse(url: str, target: str, *rest: object) -> None:
        asked.append((url, target))
        Path(target).write_bytes(b"half")
        raise urllib.error.URLError("no\nnetwork")

    (file_utils,) = [module for key, module in sys.modules.items() if key.endswith("keras.src.utils.file_utils")]
    monkeypatch.setattr(file_utils, "urlretrieve", refuse)
    monkeypatch.setattr(file_utils.config, "keras_home", lambda: str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(RequestError) as caught:
        open_builtin(name)
    message = str(caught.value)
    assert f"{name!r} could not be fetched (no network); fetch " in message
    assert "\n" not in message
    assert url in message
    assert f"as {tmp_path / 'datasets' / place}" in message
    ((asked_url, target),) = asked
    assert f"{asked_url} as {target}" in message
    assert not Path(target).exists()
