"""Whole trainings: phases, what learns, resuming to the bit, two devices."""

import dataclasses
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasae.data.collection import Collection
from kerasae.files.writing import write_json
from kerasae.models import CLASSIFIERS
from kerasae.recipe import Recipe
from kerasae.runs.folder import RunFolder
from kerasae.training import DivergedError, fit
from kerasae.training.batches import shared_batch
from kerasae.training.joint import build_model, check_fit
from kerasae.utils.errors import RequestError

from tiny_task import killed_and_resumed, make, rows  # isort: skip

AUGMENT = [{"name": "contrast", "factor_range": [0.5, 1.5]}, {"name": "horizontal_flip", "probability": 0.0}]
# Everything that keeps state: dropout seeds, plateau and early-stopping counters, momentum, best weights.
BUSY = {
    "epochs": 4,
    "augment": AUGMENT,
    "schedule": {"name": "plateau", "patience": 1, "factor": 0.5},
    "early_stopping": {"patience": 3},
    "monitor": "val_loss",
}


def test_learns_and_keeps_everything(tmp_path: Path, collection: Collection) -> None:
    run, recipe = make(tmp_path / "run", {"epochs": 6, "augment": AUGMENT})
    trained = fit(run, recipe, collection)
    history = rows(run)
    assert [row["epoch"] for row in history] == list("123456")
    assert float(history[-1]["val_reconstruction_loss"]) < float(history[0]["val_reconstruction_loss"])
    assert max(float(row["val_label_accuracy"]) for row in history) >= 0.9  # chance is 0.5
    outputs = keras.saving.load_model(run.model).predict(collection.test.images, verbose=0)
    np.testing.assert_array_equal(outputs["label"], trained.predict(collection.test.images, verbose=0)["label"])
    assert list(run.tensorboard.rglob("events.*"))


@pytest.fixture(scope="module")
def uninterrupted(
    tmp_path_factory: pytest.TempPathFactory, collection: Collection
) -> tuple[RunFolder, list[np.ndarray]]:
    """A run that nothing interrupted."""
    phases = [BUSY, {"name": "second", "epochs": 2, "learns": ["classifier"], "schedule": {"name": "cosine"}}]
    model = {"encoder": {"name": "vgg", "filters": [4, 4]}, "dropout": 0.3}
    run, recipe = make(tmp_path_factory.mktemp("whole") / "run", *phases, model=model)
    return run, fit(run, recipe, collection).get_weights()


@pytest.mark.parametrize(
    "kill_after", [2, pytest.param(1, marks=pytest.mark.slow), pytest.param(4, marks=pytest.mark.slow), 5]
)
def test_a_killed_run_goes_on_to_the_same_bytes(
    kill_after: int,
    tmp_path: Path,
    uninterrupted: tuple[RunFolder, list[np.ndarray]],
    collection: Collection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reference, expected = uninterrupted
    killed_and_resumed(tmp_path / "broken", reference, expected, fit, collection, kill_after, monkeypatch)


def test_only_the_named_parts_learn(tmp_path: Path, collection: Collection) -> None:
    run, recipe = make(
        tmp_path / "run", {"learns": ["encoder", "decoder"]}, {"learns": ["classifier"], "restore_best": False}
    )
    start = build_model(recipe, collection, "float32")
    trained = fit(run, recipe, collection)
    alone, alone_recipe = make(tmp_path / "alone", {"learns": ["encoder", "decoder"]})
    first = fit(alone, alone_recipe, collection)
    for left, right in zip(first.encoder.get_weights(), trained.encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)  # batch statistics included
    moved = [
        np.abs(left - right).max()
        for left, right in zip(start.classifier.get_weights(), trained.classifier.get_weights(), strict=True)
    ]
    assert max(moved) > 0
    assert first.classifier is None
    assert [row["phase"] for row in rows(run)] == ["joint 1", "joint 1", "joint 2", "joint 2"]
    assert rows(run)[0]["label_loss"] == rows(run)[2]["reconstruction_loss"] == ""


def test_a_phase_starts_from_a_saved_run(tmp_path: Path, collection: Collection) -> None:
    saved, recipe = make(tmp_path / "saved", {"learns": ["encoder", "decoder"]})
    encoder = fit(saved, recipe, collection).encoder.get_weights()
    run, recipe = make(
        tmp_path / "run", {"learns": ["classifier"], "epochs": 1, "start_from": {"encoder": str(saved.path)}}
    )
    for left, right in zip(encoder, fit(run, recipe, collection).encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)
    run, recipe = make(tmp_path / "other", {"start_from": {"classifier": str(saved.path)}})
    with pytest.raises(RequestError, match=r"phases\.0\.start_from\.classifier: expected .* classifier is missing"):
        fit(run, recipe, collection)


def test_a_fold_starts_from_no_run_that_has_seen_it(tmp_path: Path, collection: Collection) -> None:
    saved, recipe = make(tmp_path / "saved", {"learns": ["encoder", "decoder"]})
    fit(saved, recipe, collection)
    _, recipe = make(tmp_path / "run", {"start_from": {"encoder": str(saved.path)}})

    def of_fold(given: Recipe, fold: list[int] | None) -> Recipe:
        return given.model_copy(update={"data": given.data.model_copy(update={"fold": fold})})

    message = r"phases\.0\.start_from\.encoder: expected a run that did not learn from .* a fold .*of the same digits"
    with pytest.raises(RequestError, match=message):
        check_fit(of_fold(recipe, [0, 3]), collection)
    write_json(saved.recipe_file, of_fold(saved.recipe, [0, 3]).model_dump(mode="json"))
    check_fit(of_fold(recipe, [0, 3]), collection)  # of that fold's own training images
    with pytest.raises(RequestError, match=message):
        check_fit(of_fold(recipe, [1, 3]), collection)


def test_a_part_that_no_phase_builds_starts_from_nothing(tmp_path: Path, collection: Collection) -> None:
    _, recipe = make(tmp_path / "run", {"learns": ["encoder", "decoder"], "start_from": {"classifier": "runs/other"}})
    with pytest.raises(RequestError, match=r"start_from\.classifier: expected a part that some phase trains"):
        check_fit(recipe, collection)


def test_a_phase_of_parts_without_weights_trains_nothing(
    tmp_path: Path, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mean(latent_shape: tuple, num_classes: int, settings: object) -> keras.Model:
        latent = keras.Input(latent_shape)
        return keras.Model(latent, keras.layers.GlobalAveragePooling2D()(latent))

    monkeypatch.setitem(CLASSIFIERS._builders, "mean", mean)
    model = {"encoder": {"name": "baseline", "filters": [4, 2]}, "classifier": "mean"}
    _, recipe = make(tmp_path / "run", {}, {"learns": ["classifier"]}, model=model)
    with pytest.raises(RequestError, match=r"phases\.1\.learns: expected a part with weights that can learn\. Rec"):
        check_fit(recipe, collection)


def test_a_loss_that_is_no_number_ends_training_with_advice(tmp_path: Path, collection: Collection) -> None:
    phase = {"optimizer": {"name": "sgd", "learning_rate": 3e38}, "epochs": 3}
    run, recipe = make(tmp_path / "run", phase)
    with pytest.raises(
        DivergedError, match=r"became nan in phase 'joint', epoch \d, step \d.* at learning rate 3e\+38; lower"
    ):
        fit(run, recipe, collection)
    assert not run.model.exists()


def test_two_devices_follow_one(tmp_path: Path, collection: Collection) -> None:
    # 13 validation images split unevenly. SGD, because Adam divides by gradients of nearly nothing; no dropout, whose
    # draws differ from one replica to the next.
    classifier = {"name": "baseline", "filters": [8], "dense": [], "dropout": 0.0}
    model = {"encoder": {"name": "baseline", "filters": [4, 4]}, "classifier": classifier}
    phase = {"epochs": 3, "optimizer": {"name": "sgd", "learning_rate": 0.05}, "restore_best": False}
    curves = []
    for name, devices in (("one", "auto"), ("two", ["CPU:0", "CPU:1"])):
        run, recipe = make(tmp_path / name, phase, model=model, distribution={"devices": devices})
        fit(run, recipe, collection)
        curves.append([{k: float(v) for k, v in row.items() if "loss" in k} for row in rows(run)])
    for left, right in zip(*curves, strict=True):
        assert right == pytest.approx(left, abs=1e-5)
    run, recipe = make(tmp_path / "odd", {"batch_size": 7}, distribution={"devices": ["CPU:0", "CPU:1"]})
    with pytest.raises(RequestError, match=r"batch_size: expected a multiple of the 2 devices\. Received: 7"):
        fit(run, recipe, collection)


def test_every_device_gets_validation_images() -> None:
    assert shared_batch(9, 8, replicas=1) == 8
    assert [shared_batch(count, 8, replicas=2) for count in (16, 13, 9, 7, 4, 2)] == [8, 8, 6, 4, 4, 2]
    assert shared_batch(40, 16, replicas=4) == 16
    for count in (1, 3, 5):
        with pytest.raises(RequestError, match=rf"that 2 devices can share\. Received: {count}; choose another"):
            shared_batch(count, 8, replicas=2)


@pytest.mark.slow
def test_two_devices_share_an_odd_number_of_images(tmp_path: Path, collection: Collection) -> None:
    for count in (7, 9):  # in one batch too small, and with a single image left over
        odd = dataclasses.replace(collection, validation=collection.validation.select(np.arange(count)))
        run, recipe = make(tmp_path / str(count), {"epochs": 1}, distribution={"devices": ["CPU:0", "CPU:1"]})
        fit(run, recipe, odd)
        assert np.isfinite(float(rows(run)[0]["val_loss"]))
