import numpy as np
import pytest
import tensorflow as tf

from kerasae.evaluation.reconstruction import reconstruction_metrics
from kerasae.inference.image_error import image_errors
from kerasae.losses import ReconstructionLoss


def errors_of(target, reconstruction, loss="mean_squared_error"):
    sample_images = (tf.constant(images, tf.float32) for images in (target, reconstruction))
    measured = image_errors(*sample_images, ReconstructionLoss(loss))
    return {key: value.numpy() for key, value in measured.items()}


@pytest.fixture(scope="module")
def sample_images():
    return np.random.default_rng(0).random((4, 12, 9, 3))


def test_mse_and_psnr_of_a_known_error():
    errors = errors_of(np.zeros((2, 8, 8, 1)), np.full((2, 8, 8, 1), 0.1))
    np.testing.assert_allclose(errors["mse"], 0.01, rtol=1e-6)
    np.testing.assert_allclose(errors["psnr"], 20.0, rtol=1e-6)


def test_a_perfect_copy_has_finite_psnr_and_ssim_one(sample_images):
    errors = errors_of(sample_images, sample_images)
    np.testing.assert_allclose(errors["psnr"], 100.0, rtol=1e-6)
    np.testing.assert_allclose(errors["ssim"], 1.0, rtol=1e-6)


@pytest.mark.parametrize(("side", "window"), [(3, 3), (4, 3), (8, 7), (11, 11), (20, 11)])
def test_ssim_window_is_the_largest_odd_size_that_fits(side, window):
    rng = np.random.default_rng(1)
    target, other = rng.random((2, 2, side, 30, 1))
    expected = tf.image.ssim(tf.constant(target), tf.constant(other), max_val=1.0, filter_size=window)
    np.testing.assert_allclose(errors_of(target, other)["ssim"], expected, rtol=1e-4)  # float32 against float64


def test_ssim_below_three_pixels_is_null():
    errors = errors_of(np.zeros((2, 2, 9, 1)), np.zeros((2, 2, 9, 1)))
    assert reconstruction_metrics(errors, np.array([0, 0]), ("a",)).ssim is None


@pytest.mark.parametrize(
    ("loss", "reference"),
    [
        ("mean_squared_error", lambda t, r: (t - r) ** 2),
        ("mean_absolute_error", lambda t, r: abs(t - r)),
        ("huber", lambda t, r: np.where(abs(t - r) <= 0.1, 0.5 * (t - r) ** 2, 0.1 * (abs(t - r) - 0.05))),
        ("binary_crossentropy", lambda t, r: -t * np.log(r) - (1 - t) * np.log(1 - r)),
    ],
)
def test_every_reconstruction_loss_matches_numpy(sample_images, loss, reference):
    reconstruction = 0.1 + 0.8 * sample_images[::-1]
    expected = reference(sample_images, reconstruction).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(errors_of(sample_images, reconstruction, loss)["loss"], expected, rtol=1e-5)
