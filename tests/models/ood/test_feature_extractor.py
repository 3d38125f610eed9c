import keras
import numpy as np
import pytest

from kerasae.models import JointAutoencoder, build, model_with_features
from kerasae.recipe import ModelRecipe

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 1), dtype=np.uint8)


def made(heads: tuple[str, ...] = ("reconstruction", "label"), **fields: object) -> JointAutoencoder:
    keras.utils.set_random_seed(0)
    return build(ModelRecipe.model_validate(fields), (8, 8, 1), 4, heads=heads)


@pytest.mark.parametrize("variational", [None, {"latent_dim": 5}])
def test_answers_are_the_models_own(variational: dict[str, int] | None) -> None:
    model = made(encoder={"name": "mlp", "units": [16, 6]}, variational=variational)
    found, expected = model_with_features(model)(IMAGES), model(IMAGES)
    for head in ("reconstruction", "label"):
        np.testing.assert_array_equal(found[head], expected[head])
    np.testing.assert_allclose(keras.ops.softmax(found["logits"]), expected["label"], atol=1e-6)
    np.testing.assert_allclose(found["latent"], model.encoder(IMAGES.astype("float32") / 255), atol=1e-6)


def test_a_map_is_pooled() -> None:
    model = made(encoder={"name": "baseline", "filters": [4, 8]}, decoder={"name": "baseline", "filters": [8, 4]})
    latent = model.encoder(IMAGES.astype("float32") / 255)
    assert latent.shape == (3, 2, 2, 8)
    np.testing.assert_allclose(model_with_features(model)(IMAGES)["latent"], np.mean(latent, (1, 2)), atol=1e-6)


def test_a_model_without_softmax_head_has_no_logits() -> None:
    model = made(("reconstruction",), encoder={"name": "mlp", "units": [16, 6]})
    assert set(model_with_features(model)(IMAGES)) == {"reconstruction", "latent"}


def test_no_weight_of_its_own() -> None:
    model = made(encoder={"name": "mlp", "units": [16, 6]})
    assert {id(weight) for weight in model_with_features(model).weights} == {id(weight) for weight in model.weights}
