"""Generators and discriminators by name, and the model that trains them against each other."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from kerasae.models import DISCRIMINATORS, GENERATORS, AdversarialModel, build_adversarial, check_adversarial
from kerasae.models.adversarial import _cross_entropy, _entropy
from kerasae.recipe import Adversarial, ModelRecipe
from kerasae.utils.errors import RequestError

RANDOM = np.random.default_rng(0)
SMALL: dict[str, Any] = {
    "dense": ({"name": "dense", "units": [8, 16]}, {"name": "dense", "units": [16, 8], "dropout": 0.2}),
    "convolutional": (
        {"name": "convolutional", "filters": [8, 4], "units": [8]},
        {"name": "convolutional", "filters": [4, 8], "units": [8]},
    ),
}
SHAPE, NOISE, CLASSES = (8, 12, 3), 5, 4


def built(family: str, name: str = "acgan", precision: str = "float32", **more: Any) -> AdversarialModel:
    generator, discriminator = SMALL[family]
    tree = {"name": name, "noise_dim": NOISE, "generator": generator, "discriminator": discriminator, **more}
    recipe = ModelRecipe.model_validate({"adversarial": tree, "activation": "leaky_relu"})
    keras.utils.set_random_seed(0)
    return build_adversarial(recipe, SHAPE, CLASSES, precision)


def element(model: AdversarialModel, turns: int, batch: int = 6, *, labelled: bool = True) -> dict[str, Any]:
    """What a step trains on."""
    found: dict[str, np.ndarray] = {
        "images": RANDOM.integers(0, 256, (batch, turns, *SHAPE), dtype=np.uint8),
        "noise": RANDOM.normal(size=(batch, turns + 1, NOISE)).astype(np.float32),
    }
    if model.num_classes:
        found["row"] = labelled * np.eye(CLASSES, dtype=np.float32)[RANDOM.integers(0, CLASSES, (batch, turns))]
        found["asked"] = RANDOM.integers(0, CLASSES, (batch, turns + 1)).astype(np.int32)
    return {name: keras.ops.convert_to_tensor(value) for name, value in found.items()}


def test_every_family_is_tested() -> None:
    assert set(SMALL) == set(GENERATORS.names) == set(DISCRIMINATORS.names)


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("family", SMALL)
def test_noise_and_class_become_a_image(family: str, precision: str) -> None:
    model = built(family, precision=precision)
    assert (model.noise_dim, model.num_classes, model.image_shape) == (NOISE, CLASSES, SHAPE)
    noise, rows = (
        RANDOM.normal(size=(7, NOISE)).astype(np.float32),
        np.eye(CLASSES, dtype=np.float32)[[0, 1, 2, 3] * 2][:7],
    )
    images = keras.ops.convert_to_numpy(model({"noise": noise, "label": rows}))
    assert images.dtype == np.float32
    assert images.shape == (7, *SHAPE)
    assert images.min() >= 0.0
    assert images.max() <= 1.0
    assert np.abs(images - keras.ops.convert_to_numpy(model.drawn(noise, rows[::-1]))).max() > 1e-3
    found = model.discriminator(images)
    assert {name: tuple(value.shape) for name, value in found.items()} == {"real": (7, 1), "label": (7, CLASSES)}
    assert all(keras.backend.standardize_dtype(value.dtype) == "float32" for value in found.values())


@pytest.mark.parametrize("family", SMALL)
def test_a_gan_takes_noise_alone(family: str) -> None:
    model = built(family, "gan")
    assert model.num_classes == 0
    assert [one.name for one in model.generator.inputs] == ["noise"]
    assert set(model.discriminator(np.zeros((1, *SHAPE), np.float32))) == {"real"}
    assert tuple(model.drawn(np.zeros((2, NOISE), np.float32)).shape) == (2, *SHAPE)


def test_saved_and_loaded_it_is_the_same(tmp_path: Path) -> None:
    model = built("convolutional", smoothing=0.25, label_fakes=True)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert (again.smoothing, again.label_fakes) == (0.25, True)
    noise, rows = RANDOM.normal(size=(3, NOISE)).astype(np.float32), np.eye(CLASSES, dtype=np.float32)[:3]
    np.testing.assert_array_equal(model.drawn(noise, rows), again.drawn(noise, rows))
    sample_images = RANDOM.random((3, *SHAPE)).astype(np.float32)
    for name, value in model.discriminator(sample_images).items():
        np.testing.assert_array_equal(value, again.discriminator(sample_images)[name])


@pytest.mark.parametrize("name", ["gan", "acgan"])
def test_a_step_trains_the_discriminator_each_turn_and_the_generator_once(name: str) -> None:
    model = built("dense", name)
    model.compile(keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3))
    before = [part.get_weights() for part in (model.generator, model.discriminator)]
    logs = model.train_step(element(model, turns=3))
    assert int(model.optimizer.iterations) == 1
    assert int(model.discriminator_optimizer.iterations) == 3
    for part, weights in zip((model.generator, model.discriminator), before, strict=True):
        assert any(np.abs(new - old).max() > 0 for new, old in zip(part.get_weights(), weights, strict=True))
    assert set(logs) >= {"generator_loss", "discriminator_loss", "real_share", "fake_share"}
    assert ("label_accuracy" in logs) == (name == "acgan")


def test_the_generator_does_not_train_with_the_discriminator() -> None:
    model = built("dense")
    model.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(1.0))
    before = model.generator.get_weights()
    model.train_step(element(model, turns=1))
    for new, old in zip(model.generator.get_weights(), before, strict=True):
        np.testing.assert_array_equal(new, old)


def test_entropies_are_those_of_keras() -> None:
    logits = RANDOM.normal(size=(9, 1)).astype(np.float32) * 5
    for target in (0.0, 0.9, 1.0):
        wanted = np.full_like(logits, target)
        expected = keras.losses.BinaryCrossentropy(from_logits=True, reduction="none")(wanted, logits)
        np.testing.assert_allclose(_entropy(logits, target), expected, rtol=1e-5, atol=1e-6)
    rows, several = np.eye(4, dtype=np.float32)[[0, 3, 1]], RANDOM.normal(size=(3, 4)).astype(np.float32)
    expected = keras.losses.CategoricalCrossentropy(from_logits=True, reduction="none")(rows, several)
    np.testing.assert_allclose(_cross_entropy(rows, several), expected, rtol=1e-5)


def test_a_image_without_label_teaches_no_class() -> None:
    model = built("dense")
    given = element(model, turns=1, labelled=False)
    model.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
    before = model.discriminator.get_layer("label").get_weights()
    logs = model.train_step(given)
    for new, old in zip(model.discriminator.get_layer("label").get_weights(), before, strict=True):
        np.testing.assert_array_equal(new, old)
    assert float(logs["label_loss"]) == 0.0


def test_fakes_teach_classes_only_where_that_is_asked_for() -> None:
    for label_fakes in (False, True):
        model = built("dense", label_fakes=label_fakes)
        given = element(model, turns=1, labelled=False)
        model.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
        before = model.discriminator.get_layer("label").get_weights()
        model.train_step(given)
        after = model.discriminator.get_layer("label").get_weights()
        assert any(np.abs(new - old).max() > 0 for new, old in zip(after, before, strict=True)) == label_fakes


def test_another_backend_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    model = built("dense")
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(RequestError, match=r"expected the TensorFlow backend to train on\. Received: 'jax'"):
        model.compile()


def test_parts_that_do_not_meet() -> None:
    with pytest.raises(ValueError, match=r"discriminator: expected a model that takes images of \(8, 12, 3\)"):
        AdversarialModel(
            built("dense").generator,
            keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]),
        )


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"generator": "dens"}, r"model\.adversarial\.generator: expected generator .*Did you mean 'dense'\?"),
        (
            {"discriminator": {"name": "dense", "unit": [3]}},
            r"model\.adversarial\.discriminator.*Did you mean 'units'\?",
        ),
    ],
)
def test_names_and_options_are_checked(tree: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        check_adversarial(Adversarial.model_validate(tree))


def test_the_discriminator_is_of_the_generators_family() -> None:
    recipe = ModelRecipe.model_validate({"adversarial": {"generator": SMALL["convolutional"][0]}})
    model = build_adversarial(recipe, SHAPE, CLASSES)
    assert any(isinstance(layer, keras.layers.Conv2D) for layer in model.discriminator.layers)


def test_images_that_do_not_fit() -> None:
    recipe = ModelRecipe.model_validate({"adversarial": {"generator": "convolutional"}})
    with pytest.raises(RequestError, match=r"expected sides in multiples of 4\. Received: 9x8"):
        build_adversarial(recipe, (9, 8, 1), CLASSES)
    with pytest.raises(RequestError, match=r"expected images of at least two classes for 'acgan'\. Received: 0"):
        build_adversarial(recipe, (8, 8, 1), 0)
