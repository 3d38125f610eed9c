from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerasae.layers import Polarity


def sample_images(seed: int = 0, channels: int = 3) -> np.ndarray:
    """Strokes on a ground, bright or dark by turns, as uint8."""
    random = np.random.default_rng(seed)
    strokes = (255 * random.beta(0.4, 1.2, (12, 7, 5, channels))).astype(np.uint8)
    return np.where(np.arange(12)[:, None, None, None] % 2, 255 - strokes, strokes)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999), channels=st.sampled_from([1, 3]))
def test_a_image_and_its_negative_become_the_same(seed: int, channels: int) -> None:
    images = sample_images(seed, channels)
    there, negative = (Polarity()(pixels.astype(np.float32) / 255) for pixels in (images, 255 - images))
    # 1 - x in float32 differs from the scaled negative by its rounding.
    np.testing.assert_allclose(there, negative, atol=2e-7)


def test_images_skewed_to_the_left_are_turned_and_no_others() -> None:
    images = sample_images() / np.float32(255)
    moments = ((images - images.mean((1, 2, 3), keepdims=True)) ** 3).mean((1, 2, 3))
    assert 0 < (moments < 0).sum() < len(images)
    expected = np.where((moments < 0)[:, None, None, None], 1 - images, images)
    np.testing.assert_array_equal(Polarity()(images), expected)


@pytest.mark.parametrize("grey", [0.0, 0.1, 1 / 3, 0.7, 1.0])
def test_a_image_without_skew_stays(grey: float) -> None:
    plain = np.full((1, 31, 29, 3), grey, np.float32)
    np.testing.assert_array_equal(Polarity()(plain), plain)
    halves = np.concatenate([plain, np.abs(plain - 0.3)], axis=1)  # as many dark pixels as bright ones
    np.testing.assert_array_equal(Polarity()(halves), halves)


def test_one_odd_pixel_of_low_contrast_is_seen() -> None:
    images = np.full((1, 64, 64, 1), 100 / 255, np.float32)
    images[0, 3, 3] = 99 / 255
    assert np.asarray(Polarity()(images))[0, 0, 0, 0] == pytest.approx(155 / 255)


def test_like_turns_back_what_was_made_of_turned_images() -> None:
    layer, images = Polarity(), sample_images() / np.float32(255)
    turned = np.asarray(layer(images))
    np.testing.assert_allclose(layer(turned, like=images), images, atol=2e-7)
    assert np.abs(turned - images).max() > 0.5


def test_gradients_pass_with_the_sign_of_the_turn() -> None:
    import tensorflow as tf

    images = tf.constant(sample_images() / np.float32(255))
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(Polarity()(images))
    turned = np.any(np.asarray(Polarity()(images)) != images.numpy(), axis=(1, 2, 3))
    np.testing.assert_array_equal(np.asarray(tape.gradient(total, images))[:, 0, 0, 0], np.where(turned, -1, 1))


def test_survives_saving_in_a_plain_keras_model_of_another_range(tmp_path: Path) -> None:
    inputs = keras.Input((7, 5, 3))
    layer = Polarity(value_range=(0, 255), name="one")
    model = keras.Model(inputs, layer(layer(inputs), like=inputs))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.get_layer("one").get_config() == layer.get_config()
    images = sample_images().astype(np.float32)
    np.testing.assert_array_equal(again(images), images)
    np.testing.assert_allclose(layer(images) / 255.0, Polarity()(images / 255), atol=2e-7)


@pytest.mark.parametrize("value_range", [(1.0, 0.0), (0.0, 0.0), (0.0, 1.0, 2.0)])
def test_refuses_what_is_no_range(value_range: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"value_range: expected a rising pair \(low, high\)\. Received: \("):
        Polarity(value_range)
