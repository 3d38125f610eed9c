"""Adversarial trainings: what is drawn, what is logged, resuming to the bit."""

import io
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from rich.console import Console

from kerasae.data.collection import Collection
from kerasae.files.writing import write_json
from kerasae.recipe import Recipe
from kerasae.recipe.loading import parse
from kerasae.runs.folder import RunFolder
from kerasae.training import DivergedError, adversarial
from kerasae.training.adversarial_data import adversarial_dataset
from kerasae.training.batches import adversarial_stages
from kerasae.training.callbacks import CollapseWarning
from kerasae.training.generator_samples import fixed_noise
from kerasae.training.sample_grid import tiled, untiled
from kerasae.utils.errors import RequestError

from tiny_task import killed_and_resumed, rows  # isort: skip

MODEL = {
    "adversarial": {
        "noise_dim": 4,
        "generator": {"name": "dense", "units": [8], "normalize": True},
        "discriminator": {"name": "dense", "units": [8], "dropout": 0.5},
        "sheet_every": 2,
    },
    "activation": "leaky_relu",
}
PHASE = {
    "epochs": 4,
    "batch_size": 8,
    "optimizer": {"name": "adam", "learning_rate": 0.002},
    "schedule": "cosine",
    "augment": [{"name": "contrast", "factor_range": [0.5, 1.5]}],
    "discriminator": {"steps": [1, 2], "at": [2], "optimizer": {"name": "adam", "learning_rate": 0.001}},
}


def recipe_of(*phases: dict, **model: object) -> Recipe:
    adversarial_model = {**MODEL, "adversarial": {**MODEL["adversarial"], **model}}  # type: ignore[dict-item]
    return parse({"model": adversarial_model, "precision": "float32", "phases": list(phases or (PHASE,))})


def begun(folder: Path, recipe: Recipe) -> RunFolder:
    run = RunFolder.create(folder, "test")
    write_json(run.recipe_file, recipe.model_dump(mode="json"))
    return run


@pytest.fixture(scope="module")
def uninterrupted(
    tmp_path_factory: pytest.TempPathFactory, collection: Collection
) -> tuple[RunFolder, list[np.ndarray]]:
    recipe = recipe_of(PHASE, {**PHASE, "name": "second", "epochs": 1, "discriminator": {"steps": [3]}})
    run = begun(tmp_path_factory.mktemp("whole") / "run", recipe)
    return run, adversarial.fit(run, recipe, collection).get_weights()


def test_both_losses_and_diversity_are_logged(uninterrupted: tuple[RunFolder, list[np.ndarray]]) -> None:
    results = rows(uninterrupted[0])
    assert [row["epoch"] for row in results] == list("12345")
    for column in ("generator_loss", "discriminator_loss", "real_share", "fake_share", "label_accuracy", "diversity"):
        assert all(np.isfinite(float(row[column])) for row in results), column
    rates = [float(row["learning_rate"]) for row in results[:4]]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == pytest.approx(0.002)
    # The cosine ends with the phase, however many steps its epochs had: here 5, 5, 2 and 2.
    assert rates[-1] == pytest.approx(0.002 * np.cos(np.pi / 2 * 12 / 14) ** 2, rel=1e-4)


def test_sheets_after_the_first_every_second_and_the_last_epoch(
    uninterrupted: tuple[RunFolder, list[np.ndarray]],
) -> None:
    run, _ = uninterrupted
    assert sorted(path.name for path in run.samples.iterdir()) == [f"epoch-{n:04d}.png" for n in (1, 2, 4, 5)]
    sheet = np.asarray(Image.open(run.samples / "epoch-0005.png"))
    assert sheet.shape == (2 * 10 - 2, 10 * 10 - 2)  # two classes, ten samples each, 8 pixels and a gap of 2
    model = keras.saving.load_model(run.model)
    noise, classes = fixed_noise(0, 4, 2, 10, 20)
    images = keras.ops.convert_to_numpy(model.drawn(noise, np.eye(2, dtype=np.float32)[classes]))
    again = np.rint(255 * images).astype(int).reshape(2, 10, 8, 8, 1)
    assert np.abs(untiled(sheet, (8, 8, 1)) - again).max() <= 1  # other batches move the last bits


@pytest.mark.parametrize("kill_after", [2, 4])
def test_a_killed_run_goes_on_to_the_same_bytes(
    kill_after: int,
    tmp_path: Path,
    uninterrupted: tuple[RunFolder, list[np.ndarray]],
    collection: Collection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reference, expected = uninterrupted
    broken = killed_and_resumed(
        tmp_path / "broken", reference, expected, adversarial.fit, collection, kill_after, monkeypatch
    )
    for path in reference.samples.iterdir():
        assert path.read_bytes() == (broken.samples / path.name).read_bytes()


def test_what_is_drawn_is_a_function_of_seed_epoch_and_step(collection: Collection) -> None:
    (stage, *_) = adversarial_stages(recipe_of({**PHASE, "discriminator": {"steps": [2]}}), 0, collection.train)

    def elements(epochs: range) -> list[dict[str, np.ndarray]]:
        results = adversarial_dataset(collection, stage, [], epochs=epochs, noise_dim=4, num_classes=2)
        return [{name: value.numpy() for name, value in element.items()} for element in results]

    steps = stage.order.steps
    assert steps == 40 // 16
    both, second = elements(range(2)), elements(range(1, 2))
    assert {name: value.shape for name, value in both[0].items()} == {
        "images": (8, 2, 8, 8, 1), "row": (8, 2, 2), "noise": (8, 3, 4), "asked": (8, 3),
    }  # fmt: skip
    for element, repeated in zip(both[steps:], second, strict=True):
        for name in element:
            np.testing.assert_array_equal(element[name], repeated[name])
    draws = np.stack([element["noise"] for element in both]).reshape(len(both), -1)
    assert len(np.unique(draws, axis=0)) == len(both)
    # A row is the image's own: bright on the left is class 0, and it counts its class weight.
    images, row = both[0]["images"].reshape(-1, 8, 8), both[0]["row"].reshape(-1, 2)
    left = images[:, :, :4].mean(axis=(1, 2)) > images[:, :, 4:].mean(axis=(1, 2))
    np.testing.assert_array_equal(row, np.where(left[:, None], [0.5, 0.0], [0.0, 2.0]))


def test_classes_are_asked_for_evenly(collection: Collection) -> None:
    (stage, *_) = adversarial_stages(recipe_of({**PHASE, "discriminator": None}), 0, collection.train)
    results = adversarial_dataset(collection, stage, [], epochs=range(60), noise_dim=1, num_classes=2)
    drawn_classes = [element["asked"].numpy() for element in results]
    share = np.mean(np.concatenate(drawn_classes))
    assert abs(share - 0.5) < 4 * 0.5 / np.sqrt(np.size(drawn_classes))  # four standard errors


class Constant:
    """A generator that has collapsed, or one that has not."""

    num_classes = 2
    image_shape = (1, 9, 1)

    def __init__(self, spread: float) -> None:
        self.spread = spread

    def drawn(self, noise: np.ndarray, row: np.ndarray) -> tf.Tensor:
        return tf.constant(0.5 + self.spread * noise[:, None, :, None])


@pytest.mark.parametrize(("spread", "warned"), [(0.0, True), (0.01, True), (0.2, False)])
def test_collapse_is_told(spread: float, warned: bool) -> None:
    text = io.StringIO()
    noise = np.random.default_rng(0).normal(size=(40, 9)).astype(np.float32)
    callback = CollapseWarning(noise, np.repeat([0, 1], 20), 0.2, Console(file=text, width=300))
    callback.set_model(Constant(spread))  # type: ignore[arg-type]
    logs: dict[str, float] = {}
    callback.on_epoch_end(6, logs)
    assert ("warning: after epoch 7 two samples differ" in text.getvalue()) == warned
    # Two draws of a standard normal differ by the root of two in the root mean square.
    assert logs["diversity"] == pytest.approx(spread * np.sqrt(2) / 0.2, rel=0.2)


def test_a_loss_that_is_no_number_ends_training(tmp_path: Path, collection: Collection) -> None:
    recipe = recipe_of({**PHASE, "optimizer": {"name": "sgd", "learning_rate": 1e30}, "discriminator": None})
    with pytest.raises(DivergedError, match=r"the (generator|discriminator) loss became (nan|inf) in phase 'joint'"):
        adversarial.fit(begun(tmp_path / "run", recipe), recipe, collection)


def test_two_devices_train_as_one(tmp_path: Path, collection: Collection) -> None:
    phase = {
        **PHASE,
        "epochs": 1,
        "schedule": "constant",
        "optimizer": {"name": "sgd"},
        "discriminator": {"steps": [2]},
    }
    results = []
    for devices in (["CPU:0"], ["CPU:0", "CPU:1"]):
        recipe = recipe_of(phase, generator={"name": "dense", "units": [8]}, discriminator={"name": "dense", "units": [8], "dropout": 0.0})  # fmt: skip  # noqa: E501
        recipe = recipe.model_copy(update={"distribution": recipe.distribution.model_copy(update={"devices": devices})})
        run = begun(tmp_path / str(len(devices)), recipe)
        results.append(adversarial.fit(run, recipe, collection).get_weights())
    for element, repeated in zip(*results, strict=True):
        np.testing.assert_allclose(element, repeated, atol=1e-5)


@pytest.mark.parametrize(
    ("phase", "message"),
    [
        ({"batch_size": 30, "discriminator": {"steps": [2]}}, r"phases\.0\.batch_size: expected batches of which 2, "),
        ({"schedule": "plateau"}, r"phases\.0\.schedule: expected constant, step or cosine"),
        ({"discriminator": {"optimizer": "adm"}}, r"phases\.0\.discriminator\.optimizer.*Did you mean 'adam'\?"),
    ],
)
def test_phases_that_cannot_be(phase: dict, message: str, collection: Collection) -> None:
    recipe = recipe_of({**PHASE, **phase})

    def checked() -> None:
        adversarial.check(recipe)
        adversarial.plan_training(recipe, collection)

    with pytest.raises(RequestError, match=message):
        checked()


def test_a_sheet_and_back() -> None:
    images = np.random.default_rng(0).integers(0, 256, (6, 5, 4, 3), dtype=np.uint8)
    sheet = tiled(images, 3)
    assert sheet.shape == (2 * 7 - 2, 3 * 6 - 2, 3)
    np.testing.assert_array_equal(untiled(sheet, (5, 4, 3)).reshape(6, 5, 4, 3), images)
