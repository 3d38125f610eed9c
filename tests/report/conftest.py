"""Evaluated runs whose names are as hostile as names can be, each written once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from kerasae.files.writing import write_json, write_text
from kerasae.models import TrainedModel
from kerasae.recipe import Recipe
from kerasae.report import write_report
from kerasae.runs.data_facts import DataFacts
from kerasae.runs.folder import RunFolder
from kerasae.tasks.joint_evaluation import evaluate

IMAGE_SHAPE = (8, 8, 1)
CLASS_NAMES = ('<script>alert("x")</script>', "costs $5 or $6", "猫 & dog", "long " * 40)
SPLITS = ("train", "validation", "test")


class TinyImages:
    """Images in memory that count how many were loaded."""

    def __init__(self, count: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.labels = np.arange(count) % len(CLASS_NAMES)
        self.labels[-3:] = -1
        self.images = rng.integers(0, 256, (count, *IMAGE_SHAPE)).astype(np.uint8)
        self.image_shape = IMAGE_SHAPE
        self.loaded = 0

    def __len__(self) -> int:
        return len(self.images)

    def load(self, indices: np.ndarray) -> np.ndarray:
        self.loaded += len(indices)
        return self.images[indices]

    def name(self, index: int) -> str:
        return f"test/{index}"


@dataclass(frozen=True)
class TinyCollection:
    train: TinyImages = field(default_factory=lambda: TinyImages(40, seed=1))
    validation: TinyImages = field(default_factory=lambda: TinyImages(30, seed=3))
    test: TinyImages = field(default_factory=lambda: TinyImages(120, seed=2))
    class_names: tuple[str, ...] = CLASS_NAMES
    image_shape: tuple[int, int, int] = IMAGE_SHAPE
    class_weights: np.ndarray = field(default_factory=lambda: np.ones(len(CLASS_NAMES), np.float32))
    facts: DataFacts = field(default_factory=lambda: DataFacts(source="tiny"))


@dataclass(frozen=True)
class Reported:
    """A run with its report, and what it was made of."""

    run: RunFolder
    model: keras.Model
    collection: TinyCollection
    metrics: dict[str, Any]
    html: str
    loaded: int


def _model(heads: tuple[str, ...]) -> keras.Model:
    image = keras.Input(IMAGE_SHAPE, dtype="uint8")
    scaled = keras.layers.Rescaling(1 / 255)(image)
    kernel = keras.initializers.RandomNormal(stddev=0.3, seed=0)
    outputs = {
        "reconstruction": keras.layers.Rescaling(0.9)(scaled),
        "label": keras.layers.Dense(len(CLASS_NAMES), "softmax", kernel_initializer=kernel)(
            keras.layers.Flatten()(scaled)
        ),
    }
    return keras.Model(image, {head: outputs[head] for head in heads})


RECIPE = Recipe.model_validate({"title": "Cats & <dogs>", "phases": [{"augment": ["equalize"], "mix": "cut_mix"}]})
FACTS = {
    "source": "pictures/<i>odd</i>",
    "counts": {split: {"total": 43, "classes": dict.fromkeys(CLASS_NAMES, 10), "unlabelled": 3} for split in SPLITS},
    "class_weights": dict.fromkeys(CLASS_NAMES, 1.5),
    "quarantine": [{"path": "broken \udcff & <b>.png", "reason": "cannot identify <image> file"}],
    "duplicates": [{"kind": "bytes", "count": 2, "places": ["train: twin-1.png", "test: twin-2.png"]}],
    "duplicate_totals": {"groups": 1, "across_splits": 1},
}


def _history(heads: tuple[str, ...]) -> str:
    columns = ["epoch", "phase", "seconds", "learning_rate"]
    columns += [f"{prefix}{head}_loss" for head in heads for prefix in ("", "val_")]
    columns += ["label_accuracy", "val_label_accuracy", "pseudo_labelled"] if "label" in heads else []
    columns += ["kl_divergence", "reconstruction_weight"] if "reconstruction" in heads else []
    rows = [
        [str(epoch), "warm <up>" if epoch < 3 else "fine $tune$", "2.0", f"{0.1 / epoch:.4f}"]
        + [f"{1 / (epoch + index):.4f}" for index in range(len(columns) - 4)]
        for epoch in range(1, 6)
    ]
    return "\n".join(",".join(row) for row in [columns, *rows]) + "\n"


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Reported]:
    """A function that returns the report of a run with these heads, made once."""
    reports: dict[tuple[str, ...], Reported] = {}

    def make(*heads: str) -> Reported:
        if heads not in reports:
            run = RunFolder(Path(tmp_path_factory.mktemp("runs")) / "first run & <last>")
            run.path.mkdir()
            write_json(run.recipe_file, RECIPE.model_dump(mode="json"))
            write_json(run.data_facts, FACTS | {"class_names": CLASS_NAMES})
            write_json(run.environment, {"keras": "3.15.1", "devices": ["CPU:0", "<GPU:0>"], "nested": {"deep": None}})
            write_text(run.history, _history(heads))
            collection, model = TinyCollection(), _model(heads)
            metrics = evaluate(run, TrainedModel(model), collection)
            collection.test.loaded = 0
            html = write_report(run, model, collection).read_text(encoding="utf-8")
            reports[heads] = Reported(run, model, collection, metrics, html, collection.test.loaded)
        return reports[heads]

    return make
