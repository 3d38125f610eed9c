"""The Gaussian latent alone, as plain Keras code would use it."""

import numpy as np
import pytest

from kerasae.layers import GaussianLatent, PriorDivergence

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize(("features", "latent"), [((6,), (3,)), ((4, 5, 6), (4, 5, 3))])
def test_samples_in_training_and_the_mean_otherwise(features: tuple[int, ...], latent: tuple[int, ...]) -> None:
    layer = GaussianLatent(3, seed=4)
    x = RANDOM.normal(size=(2000, *features)).astype(np.float32)
    served, mean, log_variance = layer(x)
    assert served.shape == mean.shape == log_variance.shape == (2000, *latent)
    np.testing.assert_array_equal(served, mean)
    layer.log_variance.bias.assign(np.log([0.25, 1.0, 4.0]))
    sample, mean, _ = layer(x, training=True)
    noise = np.asarray(sample - mean).reshape(-1, 3)
    error = 1 / np.sqrt(len(noise))  # the standard error of a mean of standard normals
    np.testing.assert_allclose(noise.mean(0), 0, atol=5 * 2 * error)
    np.testing.assert_allclose(noise.std(0), [0.5, 1, 2], rtol=5 * error)
    assert np.abs(sample - layer(x, training=True)[0]).max() > 0
    layer.trainable = False
    np.testing.assert_array_equal(layer(x, training=True)[0], layer(x)[0])


def test_the_divergence_is_that_of_numerical_integration() -> None:
    mean, log_variance = np.array([[0.7]], np.float32), np.array([[-1.2]], np.float32)
    deviation = np.exp(log_variance / 2)
    z = np.linspace(-8, 8, 40_001)
    density = np.exp(-((z - mean[0]) ** 2) / (2 * deviation[0] ** 2)) / (deviation[0] * np.sqrt(2 * np.pi))
    ratio = np.log(np.maximum(density, 1e-300)) - (-(z**2) / 2 - np.log(2 * np.pi) / 2)
    assert float(PriorDivergence()(mean, log_variance)[0]) == pytest.approx(np.trapezoid(density * ratio, z), rel=1e-5)
    many = PriorDivergence()(np.tile(mean[:, None], (2, 3, 4)), np.tile(log_variance[:, None], (2, 3, 4)))
    np.testing.assert_allclose(many, 12 * PriorDivergence()(mean, log_variance)[0], rtol=1e-5)


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_nothing_overflows_and_the_way_back_stays_open(precision: str) -> None:
    import tensorflow as tf

    layer = GaussianLatent(2, dtype=precision)
    x = tf.ones((8, 4))
    layer(x)
    layer.log_variance.bias.assign([1e4, -1e4])
    with tf.GradientTape() as tape:
        latent, mean, log_variance = layer(x, training=True)
        divergence = tf.reduce_mean(PriorDivergence()(mean, log_variance))
    assert latent.dtype == layer.compute_dtype
    assert mean.dtype == log_variance.dtype == tf.float32
    assert np.isfinite(tf.cast(latent, tf.float32)).all()
    assert np.isfinite(divergence)
    pull = tape.gradient(divergence, layer.log_variance.bias)
    assert pull[0] > 0 > pull[1]


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match=r"latent_dim: expected a whole number above zero or None\. Received: 0"):
        GaussianLatent(0)
    with pytest.raises(ValueError, match=r"expected features of shape .* Received: \(2, 3, 4\)"):
        GaussianLatent()(np.zeros((2, 3, 4)))
