"""What the encoder sees of an image, and how a joint model with `Polarity` gives the polarity back."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasae.exporting import verification as gate
from kerasae.exporting.saved_model import save
from kerasae.layers import Polarity
from kerasae.models import JointAutoencoder, TrainedModel, build, check, with_heads
from kerasae.recipe import HEADS, ModelRecipe, Spec
from kerasae.utils.errors import RequestError

RANDOM = np.random.default_rng(0)
# Few bright pixels on a dark ground.
IMAGES = np.where(RANDOM.random((16, 8, 8, 1)) < 0.2, RANDOM.integers(150, 256, (16, 8, 8, 1)), 20).astype(np.uint8)


def model(input: str = "polarity", heads: tuple = HEADS, encoder: str = "baseline", **more: object) -> JointAutoencoder:
    keras.utils.set_random_seed(1)
    recipe = ModelRecipe(encoder=Spec(name=encoder, filters=[16, 16]), input=input, **more)
    check(recipe)
    return build(recipe, (8, 8, 1), 4, heads, ([0.3], [0.1]))


@pytest.mark.parametrize("more", [{}, {"tied": True}, {"standardize": True}], ids=str)
def test_negatives_get_the_same_answer_and_their_own_reconstruction(more: dict) -> None:
    joint = model(**more)
    there, negative = (joint.predict(pixels, verbose=0) for pixels in (IMAGES, 255 - IMAGES))
    np.testing.assert_allclose(there["label"], negative["label"], atol=1e-5)
    np.testing.assert_allclose(there["reconstruction"], 1 - negative["reconstruction"], atol=1e-5)
    np.testing.assert_allclose(joint.decoder(joint.encoder(IMAGES / 255)), there["reconstruction"], atol=1e-5)


def test_a_model_that_never_saw_a_negative_reconstructs_it() -> None:
    joint = model(encoder="prototype")  # without batch normalization, whose statistics lag behind
    joint.compile(keras.optimizers.Adam(0.01), jit_compile=False)
    targets = {"reconstruction": IMAGES / 255, "label": np.eye(4, dtype=np.float32)[np.arange(16) % 4]}
    joint.fit(IMAGES, targets, batch_size=8, epochs=40, verbose=0)
    negatives = 255 - IMAGES
    error = np.square(joint.predict(negatives, verbose=0)["reconstruction"] - negatives / 255).mean()
    assert error < 0.5 * (negatives / 255).var()


def test_product_gives_negatives_the_same_answer() -> None:
    joint = model("product")
    there, negative = (joint.predict(pixels, verbose=0) for pixels in (IMAGES, 255 - IMAGES))
    np.testing.assert_allclose(there["label"], negative["label"], atol=1e-5)
    assert np.ptp(there["label"], axis=0).max() > 1e-3


@pytest.mark.parametrize("tied", [False, True])
def test_polarity_survives_saving_and_new_heads(tied: bool, tmp_path: Path) -> None:
    joint = model(tied=tied)
    joint.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    sample_images = np.where(np.arange(16)[:, None, None, None] % 2, IMAGES, 255 - IMAGES)
    expected = joint.predict(sample_images, verbose=0)
    for one in (again, with_heads(joint, ("reconstruction",)), with_heads(again, ("reconstruction",))):
        answer = one.predict(sample_images, verbose=0)["reconstruction"]
        np.testing.assert_allclose(answer, expected["reconstruction"], atol=1e-6)


def test_the_export_is_of_every_polarity(tmp_path: Path) -> None:
    joint = model()
    save(TrainedModel(joint), ("a", "b", "c", "d"), "fill", tmp_path / "export")
    served = tf.saved_model.load(tmp_path / "export").signatures["serving_default"]
    for pixels in (IMAGES, 255 - IMAGES):
        expected, answer = joint.predict(pixels, verbose=0), served(images=tf.constant(pixels))
        for head in HEADS:
            np.testing.assert_allclose(answer[head], expected[head], atol=gate.TOLERANCE)


def test_polarity_stays_in_float32_in_mixed_precision() -> None:
    recipe = ModelRecipe(input="polarity")
    joint = build(recipe, (8, 8, 1), 4, HEADS, precision="mixed_bfloat16")
    assert joint.encoder.compute_dtype == "bfloat16"
    assert [layer.compute_dtype for layer in joint.encoder.layers if isinstance(layer, Polarity)] == ["float32"]
    there, negative = (joint.predict(pixels, verbose=0) for pixels in (IMAGES, 255 - IMAGES))
    # The two inputs differ by float32's rounding, which may fall on two sides of one of bfloat16's.
    np.testing.assert_allclose(there["reconstruction"], 1 - negative["reconstruction"], atol=0.02)


def test_statistics_of_images_are_none_of_products() -> None:
    with pytest.raises(RequestError, match=r"model\.standardize: expected 'none' with model\.input = 'product'"):
        model("product", standardize=True)
