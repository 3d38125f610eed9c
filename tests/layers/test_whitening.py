import keras
import numpy as np
import pytest

from kerasae.layers import Whitening

RANDOM = np.random.default_rng(0)
# Neighbours and channels that have much in common, as those of photographs have.
NOISE = RANDOM.normal(size=(40, 10, 9, 1)) + 0.3 * RANDOM.normal(size=(40, 10, 9, 3))
IMAGES = (NOISE[:, 1:] + NOISE[:, :-1]).astype(np.float32)


def inner(layer: Whitening, images: np.ndarray = IMAGES) -> np.ndarray:
    """Outputs whose patches lie within the image, one row each."""
    outputs = keras.ops.convert_to_numpy(layer(images))
    rim = layer.kernel_size - 1
    return outputs[:, : images.shape[1] - rim, : images.shape[2] - rim].reshape(-1, outputs.shape[-1])


def test_values_are_uncorrelated_with_equal_variance_and_their_negatives_behind_them() -> None:
    layer = Whitening(epsilon=1e-9)
    layer.adapt(IMAGES)
    found = inner(layer)
    assert found.shape[1] == 24
    np.testing.assert_allclose(np.cov(found[:, :12], rowvar=False), np.eye(12), atol=1e-3)
    np.testing.assert_allclose(found[:, 12:], -found[:, :12], atol=1e-5)


def test_until_adapted_values_are_the_pixels_of_the_patch() -> None:
    found = inner(Whitening())
    np.testing.assert_allclose(found[:, :3], IMAGES[:, :-1, :-1].reshape(-1, 3), atol=1e-6)
    np.testing.assert_allclose(found[:, 9:12], IMAGES[:, 1:, 1:].reshape(-1, 3), atol=1e-6)
    np.testing.assert_allclose(found[:, 12:15], -found[:, :3], atol=1e-6)


@pytest.mark.parametrize("kernel_size", [2, 3])
def test_filters_are_the_principal_components_of_patches(kernel_size: int) -> None:
    layer = Whitening(kernel_size, epsilon=0.1)
    layer.adapt(IMAGES)
    rim = kernel_size - 1
    patches = np.stack(
        [
            IMAGES[:, row : row + IMAGES.shape[1] - rim, column : column + IMAGES.shape[2] - rim]
            for row in range(kernel_size)
            for column in range(kernel_size)
        ],
        axis=3,
    ).reshape(-1, 3 * kernel_size**2)
    variances, components = np.linalg.eigh(np.cov(patches, rowvar=False))
    filters = keras.ops.convert_to_numpy(layer.components).reshape(patches.shape[1], -1)[:, : patches.shape[1]]
    cosines = np.abs((filters / np.linalg.norm(filters, axis=0) * components).sum(axis=0))
    np.testing.assert_allclose(cosines, 1.0, atol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(filters, axis=0), (variances + 0.1) ** -0.5, rtol=1e-3)


def test_images_of_one_colour_are_whitened_to_numbers() -> None:
    layer = Whitening()
    layer.adapt(np.full((2, 4, 4, 1), 0.5, np.float32))
    assert np.isfinite(inner(layer, IMAGES[..., :1])).all()


def test_images_of_other_channels_or_without_end_are_refused() -> None:
    layer = Whitening()
    layer.adapt(IMAGES)
    with pytest.raises(ValueError, match=r"images: expected 3 channels\. Received: shape \(40, 9, 9, 1\)"):
        layer.adapt(IMAGES[..., :1])
    with pytest.raises(ValueError, match=r"images: expected finite values"):
        layer.adapt(np.where(IMAGES > 1, np.nan, IMAGES))


@pytest.mark.parametrize("called_on", ["arrays", "input"])
def test_has_its_filters_where_keras_builds_it_without_state(called_on: str) -> None:
    class Subclassed(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.whitening = Whitening()

        def call(self, inputs):
            return self.whitening(inputs)

    model = Subclassed()
    if called_on == "input":
        model(keras.Input(IMAGES.shape[1:]))
    np.testing.assert_array_equal(model(IMAGES), Whitening()(IMAGES))


@pytest.mark.parametrize(("kernel_size", "place"), [(2, (4, 4)), (3, (5, 5)), (4, (5, 5))])
def test_a_patch_is_centred_and_of_even_side_reaches_one_further(kernel_size: int, place: tuple[int, int]) -> None:
    impulse = np.zeros((1, 9, 9, 1), np.float32)
    impulse[0, 4, 4] = 1.0
    # The filter of the patch's first pixel answers where the impulse is that one.
    answers = keras.ops.convert_to_numpy(Whitening(kernel_size)(impulse))[0, ..., 0]
    assert np.argwhere(answers).tolist() == [list(place)]


def test_only_the_bias_learns() -> None:
    layer = Whitening()
    layer.adapt(IMAGES)
    assert [weight.path.split("/")[-1] for weight in layer.trainable_weights] == ["bias"]
    assert layer.bias.shape == (24,)


def test_what_was_adapted_is_saved(tmp_path) -> None:
    model = keras.Sequential([keras.Input((9, 9, 3)), Whitening(3, 0.01, name="whitening")])
    model.layers[0].adapt(IMAGES)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.layers[0].get_config() == model.layers[0].get_config()
    np.testing.assert_array_equal(again(IMAGES), model(IMAGES))
    assert again.output_shape == (None, 9, 9, 54)


@pytest.mark.parametrize("shape", [(0, 4, 4, 1), (2, 1, 4, 1), (4, 4, 1)], ids=str)
def test_images_without_a_patch_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"images: expected images .* of at least 2x2 pixels\. Received: shape \("):
        Whitening().adapt(np.zeros(shape, np.float32))


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match=r"kernel_size: expected 1 or more\. Received: 0"):
        Whitening(0)
    with pytest.raises(ValueError, match=r"epsilon: expected a number above 0\. Received: 0"):
        Whitening(epsilon=0)
