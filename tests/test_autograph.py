"""AutoGraph writes a file for each function that it converts, and killed processes leave them: it converts nothing."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.autograph.pyct import loader

import augment
from kerasae.exploration import ExplorationOptions, write_exploration
from kerasae.workflows.opening import open_run
from kerasae.workflows.train import train


@pytest.fixture
def converted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The source of what AutoGraph has converted."""
    sources: list[str] = []
    load_source = loader.load_source

    def load(source: str, *arguments: object) -> object:
        sources.append(source)
        return load_source(source, *arguments)

    monkeypatch.setattr(loader, "load_source", load)
    return sources


def test_a_run_and_its_export_convert_nothing(tmp_path: Path, converted: list[str]) -> None:
    small = ["model.encoder.filters=[4]", "phases.0.epochs=1"]
    train("digits-joint", run=tmp_path / "run", overrides=[*small, "evaluation.variants.negative=['invert']"])
    opened = open_run(tmp_path / "run")
    write_exploration(opened.run, opened.model.model, opened.collection, ExplorationOptions("test", 50, ("pca",)))
    assert not converted


@pytest.mark.parametrize("batched", [False, True])
def test_augmented_datasets_convert_nothing(converted: list[str], batched: bool) -> None:
    pairs = (np.zeros((8, 16, 16, 1), np.uint8), np.eye(8, dtype=np.float32))
    dataset = tf.data.Dataset.from_tensor_slices(pairs).filter(tf.autograph.experimental.do_not_convert(_any))
    dataset = dataset.batch(4) if batched else dataset
    assert list(augment.map(dataset, [augment.Invert()], seed=0, mixing=augment.MixUp()))
    assert not converted


def _any(image: tf.Tensor, row: tf.Tensor) -> tf.Tensor:
    return tf.constant(True)
