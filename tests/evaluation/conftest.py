"""A small run: noise in three grey levels, and a model whose reconstruction error is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasae.files.writing import write_json
from kerasae.recipe import Recipe
from kerasae.runs.data_facts import DataFacts
from kerasae.runs.folder import RunFolder

IMAGE_SHAPE = (8, 8, 1)
CLASS_NAMES = ("zero", "one", "two")


class TinyImages:
    """Images in memory that record the largest number loaded at once."""

    def __init__(self, images: np.ndarray, labels: np.ndarray) -> None:
        self.images, self.labels, self.image_shape = images, labels, images.shape[1:]
        self.largest_load = 0

    def __len__(self) -> int:
        return len(self.images)

    def load(self, indices: np.ndarray) -> np.ndarray:
        self.largest_load = max(self.largest_load, len(indices))
        return self.images[indices]

    def name(self, index: int) -> str:
        return f"test/{index}"


@dataclass(frozen=True)
class TinyCollection:
    train: TinyImages
    validation: TinyImages
    test: TinyImages
    class_names: tuple[str, ...] = CLASS_NAMES
    image_shape: tuple[int, int, int] = IMAGE_SHAPE
    class_weights: np.ndarray = field(default_factory=lambda: np.ones(len(CLASS_NAMES), np.float32))
    facts: DataFacts = field(default_factory=lambda: DataFacts(source="tiny"))


def _images(count: int, seed: int, unlabelled: int = 0) -> TinyImages:
    """Noise around a grey level that tells the class, so that a linear model can learn it."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % len(CLASS_NAMES)
    images = rng.integers(0, 60, (count, *IMAGE_SHAPE)) + 80 * labels[:, None, None, None]
    labels[count - unlabelled :] = -1
    return TinyImages(images.astype(np.uint8), labels.astype(np.int64))


def _model(heads: tuple[str, ...] = ("reconstruction", "label")) -> keras.Model:
    """A model that rebuilds every image at 0.9 of its brightness and guesses classes from random weights."""
    image = keras.Input(IMAGE_SHAPE, dtype="uint8")
    scaled = keras.layers.Rescaling(1 / 255)(image)
    outputs = {
        "reconstruction": keras.layers.Rescaling(0.9)(scaled),
        "label": keras.layers.Dense(
            len(CLASS_NAMES), "softmax", kernel_initializer=keras.initializers.RandomNormal(seed=0)
        )(keras.layers.Flatten()(scaled)),
    }
    return keras.Model(image, {head: outputs[head] for head in heads})


@pytest.fixture(scope="session")
def make_images() -> Callable[..., TinyImages]:
    return _images


@pytest.fixture(scope="session")
def make_model() -> Callable[..., keras.Model]:
    return _model


@pytest.fixture
def collection() -> TinyCollection:
    return TinyCollection(_images(60, seed=1), _images(20, seed=3), _images(50, seed=2, unlabelled=5))


@pytest.fixture(scope="session")
def model() -> keras.Model:
    return _model()


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    write_json(run.recipe_file, Recipe().model_dump(mode="json"))
    return run
