"""The three scalings of study B: by 255, mean subtraction, z-scores; and whitening."""

import csv
import dataclasses
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasae.data.array_images import ArrayImages
from kerasae.data.collection import Collection
from kerasae.models import DECODERS, TrainedModel, build, check, deviation
from kerasae.recipe import HEADS
from kerasae.recipe.loading import parse
from kerasae.tasks.joint_evaluation import evaluate
from kerasae.training import fit
from kerasae.training.joint import build_model
from kerasae.utils.errors import RequestError

from tiny_task import make  # isort: skip

PHASE = {"learns": ["encoder", "decoder"], "epochs": 3}
MODEL = {"encoder": {"name": "baseline", "filters": [4, 4]}, "output": "standardized"}


@pytest.mark.parametrize(("standardize", "divided"), [("mean", False), ("z-score", True)])
def test_the_loss_is_of_the_trained_scale_and_the_reconstruction_of_pixels(
    standardize: str, divided: bool, tmp_path: Path, collection: Collection
) -> None:
    run, recipe = make(tmp_path / "run", PHASE, model={**MODEL, "standardize": standardize})
    fit(run, recipe, collection)
    model = keras.saving.load_model(run.model, compile=False)
    mean, variance = collection.channel_statistics
    variance = variance if divided else [1.0]
    scaled = (np.float32(collection.test.images / 255.0) - mean) / np.sqrt(variance)
    np.testing.assert_allclose(model.encoder.layers[1](collection.test.images / 255.0), scaled, atol=1e-5)
    assert deviation(model) == pytest.approx(np.sqrt(variance))

    rebuilt = model.predict(collection.test.images, verbose=0)["reconstruction"]
    assert rebuilt.dtype == np.float32
    assert 0 <= rebuilt.min() < rebuilt.max() <= 1
    metrics = evaluate(run, TrainedModel(model), collection)["test"]["reconstruction"]
    assert metrics["mse"] == pytest.approx(np.square(rebuilt - collection.test.images / 255.0).mean(), rel=1e-4)
    assert metrics["loss"] == pytest.approx(metrics["mse"] / variance[0], rel=1e-4)
    with run.history.open() as file:
        history = list(csv.DictReader(file))
    # In training nothing is cut off: the first steps are far out, and still find their way.
    assert float(history[-1]["reconstruction_loss"]) < 0.5 * float(history[0]["reconstruction_loss"])
    rebuilt = model.predict(collection.validation.images, verbose=0)["reconstruction"]
    pixels = np.square(rebuilt - collection.validation.images / 255.0).mean()
    best = min(float(row["val_reconstruction_loss"]) for row in history)
    assert best == pytest.approx(pixels / variance[0], rel=1e-4)  # the best epoch's weights were restored


@pytest.mark.parametrize("decoder", [*DECODERS.names, "tied"])
def test_every_decoder_is_linear_and_has_a_gradient_beyond_the_pixels(decoder: str, collection: Collection) -> None:
    options = {"tied": True} if decoder == "tied" else {"decoder": decoder}
    recipe = parse(
        {
            "model": {**MODEL, "standardize": "z-score", "encoder": {"name": "baseline", "filters": [4]}, **options},
            "phases": [PHASE],
        }
    )
    if decoder == "strided":  # which takes other sides
        with pytest.raises(RequestError, match="strided"):
            build_model(recipe, collection, "float32")
        return
    model = build_model(recipe, collection, "float32")
    latents = 1e3 * np.ones((2, *model.decoder.input_shape[1:]), np.float32)
    free, cut = (keras.ops.convert_to_numpy(model.decoder(latents, training=training)) for training in (True, False))
    assert free.min() < 0 or free.max() > 1
    assert 0 <= cut.min() <= cut.max() <= 1


@pytest.mark.parametrize("options", [{}, {"variational": True}, {"input": "polarity"}], ids=str)
def test_whitening_is_of_the_standardized_training_images_and_does_not_learn(
    options: dict, tmp_path: Path, collection: Collection
) -> None:
    run, recipe = make(tmp_path / "run", {"epochs": 2}, model={**MODEL, "standardize": "whitening", **options})
    begun = build_model(recipe, collection, "float32")
    fit(run, recipe, collection)
    model = keras.saving.load_model(run.model, compile=False)
    before, after = (candidate.encoder.get_layer("whitening") for candidate in (begun, model))
    np.testing.assert_array_equal(after.components, before.components)
    assert not np.array_equal(after.bias, before.bias)
    whitened = keras.Model(begun.encoder.input, before.output)(collection.train.images / 255.0)
    values = np.reshape(whitened[:, :-1, :-1], (-1, whitened.shape[-1]))[:, : whitened.shape[-1] // 2]
    # Not quite 1, as small variances are held back by the layer's epsilon.
    np.testing.assert_allclose(np.cov(values, rowvar=False), np.eye(values.shape[1]), atol=0.05)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_what_is_whitened_is_not_rounded(precision: str, collection: Collection) -> None:
    recipe = parse({"model": {**MODEL, "standardize": "whitening"}, "phases": [PHASE]})
    layer = build_model(recipe, collection, precision).encoder.get_layer("whitening")
    assert layer.input.dtype == layer.output.dtype == "float32"


def test_few_of_large_images_are_enough_to_whiten(collection: Collection) -> None:
    many = ArrayImages(np.zeros((500, 300, 200, 3), np.uint8), np.zeros(500, np.int64), [""] * 500)
    assert dataclasses.replace(collection, train=many, image_shape=many.image_shape).examples.size < 2**23


@pytest.mark.parametrize(
    ("model", "image_shape", "message"),
    [
        ({"tied": True}, (8, 8, 1), r"model\.standardize: expected another with model\.tied, .* 'whitening'"),
        ({"encoder": "mlp"}, (1, 8, 1), r"model\.standardize: expected images of at least 2x2 .* of 1x8;"),
    ],
)
def test_whitening_of_what_has_no_way_back_or_no_patches_is_refused(
    model: dict, image_shape: tuple[int, int, int], message: str
) -> None:
    recipe = parse({"model": {"standardize": "whitening", **model}}).model

    def begin() -> None:
        check(recipe)
        build(recipe, image_shape, 2, HEADS, ([0.5], [0.1]))

    with pytest.raises(RequestError, match=message):
        begin()


def test_yes_and_no_are_still_understood() -> None:
    assert parse({"model": {"standardize": True}}).model.standardize == "z-score"
    assert parse({"model": {"standardize": False}}).model.standardize == "none"


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (
            {"model": {"standardize": "zscore"}},
            r"model\.standardize: expected 'none', 'mean', 'z-score' or 'whitening'",
        ),
        ({"model": {"output": "standardized"}}, r"model: expected standardize 'mean', 'z-score' or 'whitening' where"),
        (
            {
                "model": {"output": "standardized", "standardize": "mean"},
                "loss": {"reconstruction": "binary_crossentropy"},
            },
            r"loss\.reconstruction: expected mean_squared_error.*Received: 'binary_crossentropy'",
        ),
    ],
)
def test_scales_that_cannot_be_are_refused(tree: dict, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        parse(tree)
