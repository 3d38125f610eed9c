"""What every Keras callback of the package keeps to: it constructs, survives training, and its counters restore."""

import importlib
import inspect
import io
import json
import pkgutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np
import pytest
from bright_halves import bright_halves
from rich.console import Console

import kerasae.training
from kerasae import metrics
from kerasae.data.collection import Collection
from kerasae.models import AdversarialModel, JointAutoencoder, build, build_adversarial
from kerasae.recipe import HEADS, ModelRecipe, Spec
from kerasae.recipe.loading import parse
from kerasae.training import callbacks
from kerasae.training.adversarial_data import adversarial_dataset
from kerasae.training.batches import adversarial_stages
from kerasae.training.callbacks.checkpoint import COUNTERS
from kerasae.training.checkpoint import Progress, read_progress
from kerasae.training.generator_samples import fixed_noise

IMAGES, LABELS = bright_halves(16, np.random.default_rng(0))
TARGETS = {"reconstruction": IMAGES.astype(np.float32) / 255, "label": np.eye(2, dtype=np.float32)[LABELS]}
WEIGHTS = {head: np.ones(16, np.float32) for head in HEADS}
NOISE = fixed_noise(0, noise_dim=4, num_classes=2, count=2, most_classes=2)


@dataclass
class Case:
    """How to construct a callback, given a folder and a list for the history's rows."""

    construct: Callable[[Path, list], keras.callbacks.Callback]
    adversarial: bool = False


CASES = {
    callbacks.BestWeights: Case(lambda folder, rows: callbacks.BestWeights(folder / "best.npz", "val_loss")),
    callbacks.Checkpoint: Case(lambda folder, rows: callbacks.Checkpoint(folder / "last.npz", [], 0, [], rows)),
    callbacks.CollapseWarning: Case(
        lambda folder, rows: callbacks.CollapseWarning(*NOISE, 0.2, Console(file=io.StringIO())), adversarial=True
    ),
    callbacks.EarlyStopping: Case(lambda folder, rows: callbacks.EarlyStopping("val_loss", patience=5, mode="min")),
    callbacks.GradientNormBalance: Case(lambda folder, rows: callbacks.GradientNormBalance(IMAGES, TARGETS, WEIGHTS)),
    callbacks.HistoryWriter: Case(
        lambda folder, rows: callbacks.HistoryWriter(folder / "history.csv", rows, "joint", 16)
    ),
    callbacks.LossWeights: Case(lambda folder, rows: callbacks.LossWeights({"label": lambda epoch: 0.5**epoch})),
    callbacks.MovingStatistics: Case(lambda folder, rows: callbacks.MovingStatistics([IMAGES])),
    callbacks.SampleGrid: Case(
        lambda folder, rows: callbacks.SampleGrid(folder, [1, 2], 0, *NOISE, columns=2), adversarial=True
    ),
    callbacks.StopOnNaN: Case(lambda folder, rows: callbacks.StopOnNaN("joint")),
    metrics.ReduceLROnPlateau: Case(
        lambda folder, rows: metrics.ReduceLROnPlateau("val_loss", patience=1, min_delta=10.0, mode="min")
    ),
}


def defined_callbacks() -> set[type[keras.callbacks.Callback]]:
    """Return every callback that is defined in `kerasae.training` or `kerasae.metrics`."""
    names = [module.name for module in pkgutil.walk_packages(kerasae.training.__path__, "kerasae.training.")]
    classes = set()
    for module in map(importlib.import_module, [*names, "kerasae.metrics"]):
        for _, value in inspect.getmembers(module, inspect.isclass):
            if issubclass(value, keras.callbacks.Callback) and value.__module__ == module.__name__:
                classes.add(value)
    return classes


def joint_model() -> JointAutoencoder:
    keras.utils.set_random_seed(1)
    encoder = Spec(name="vgg", filters=[4, 4])  # with batch normalization
    model = build(ModelRecipe(encoder=encoder, dropout=0.2), (8, 8, 1), 2, HEADS)
    model.compile("adam", loss_weights={head: keras.Variable(1.0) for head in HEADS})
    return model


def train(case: Case, callback_list: list[keras.callbacks.Callback], collection: Collection, epochs: int = 2) -> dict:
    """Train a tiny model with the callbacks, and return the logs of each epoch."""
    options = {"epochs": epochs, "verbose": 0, "shuffle": False, "callbacks": callback_list}
    if not case.adversarial:
        validation = (IMAGES, TARGETS, WEIGHTS)
        return joint_model().fit(
            IMAGES, TARGETS, sample_weight=WEIGHTS, batch_size=8, validation_data=validation, **options
        ).history  # fmt: skip
    part = {"name": "dense", "units": [8]}
    adversarial = {"name": "acgan", "noise_dim": 4, "generator": part, "discriminator": part}
    recipe = parse({"model": {"adversarial": adversarial}, "phases": [{"batch_size": 8, "epochs": epochs}]})
    (stage,) = adversarial_stages(recipe, 0, collection.train)
    model: AdversarialModel = build_adversarial(recipe.model, (8, 8, 1), 2)
    model.compile(keras.optimizers.Adam(), keras.optimizers.Adam())
    data = adversarial_dataset(collection, stage, [], epochs=range(epochs), noise_dim=4, num_classes=2)
    return model.fit(data, steps_per_epoch=stage.order.steps, **options).history


def test_every_callback_has_a_case() -> None:
    assert defined_callbacks() == set(CASES)


@pytest.mark.parametrize("kind", CASES, ids=lambda kind: kind.__name__)
def test_constructs_survives_training_and_restores_its_counters(
    kind: type[keras.callbacks.Callback], tmp_path: Path, collection: Collection
) -> None:
    case = CASES[kind]
    callback = case.construct(tmp_path, [])
    assert type(callback) is kind
    assert inspect.getdoc(kind)
    path = tmp_path / "counted.npz"
    logs = train(case, [callback, callbacks.Checkpoint(path, [], 0, [callback], [])], collection)
    assert all(np.isfinite(values).all() for values in logs.values())

    progress = read_progress(path)
    counters = {name: vars(callback)[name] for name in COUNTERS if name in vars(callback)}
    assert set(progress.callbacks[0]) == set(counters)
    # The second time from JSON, as after a second interruption.
    for saved in (progress, Progress(**json.loads(json.dumps(asdict(progress))))):
        again = case.construct(tmp_path, [])
        callbacks.Checkpoint(path, [], 0, [again], [], saved).on_train_begin()
        assert {name: vars(again)[name] for name in counters} == counters
