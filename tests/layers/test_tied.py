from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasae.layers import TiedConv2D, TiedDense, Transposed


def test_both_directions_equal_keras_own_convolutions() -> None:
    layer = TiedConv2D(filters=5, input_filters=3, kernel_size=3, strides=2)
    x = tf.random.stateless_normal((2, 8, 8, 3), (1, 2))
    latent = layer(x)
    layer.bias.assign(np.arange(5.0))
    layer.transpose_bias.assign(np.arange(3.0))
    forward = keras.layers.Conv2D(5, 3, 2, padding="same")
    backward = keras.layers.Conv2DTranspose(3, 3, 2, padding="same")
    forward.build((None, 8, 8, 3)), backward.build((None, 4, 4, 5))
    forward.set_weights([layer.kernel, layer.bias])
    backward.set_weights([layer.kernel, layer.transpose_bias])
    np.testing.assert_allclose(layer(x), forward(x), atol=1e-5)
    np.testing.assert_allclose(layer(latent, transpose=True), backward(latent), atol=1e-5)


def test_both_directions_equal_keras_own_dense_layers() -> None:
    layer = TiedDense(units=4, input_units=6)
    x = tf.random.stateless_normal((2, 5, 6), (1, 2))
    latent = layer(x)
    layer.bias.assign(np.arange(4.0))
    layer.transpose_bias.assign(np.arange(6.0))
    forward, backward = keras.layers.Dense(4), keras.layers.Dense(6)
    forward.build((None, 6)), backward.build((None, 4))
    forward.set_weights([layer.kernel, layer.bias])
    backward.set_weights([np.transpose(layer.kernel), layer.transpose_bias])
    np.testing.assert_allclose(layer(x), forward(x), atol=1e-5)
    np.testing.assert_allclose(layer(latent, transpose=True), backward(latent), atol=1e-5)


@pytest.mark.parametrize(
    ("layer", "image", "latent"),
    [(TiedConv2D(4, 2, 3, 2), (1, 6, 6, 2), (1, 3, 3, 4)), (TiedDense(4, 6), (3, 6), (3, 4))],
    ids=["convolution", "dense"],
)
def test_transpose_is_the_adjoint(layer: keras.layers.Layer, image: tuple, latent: tuple) -> None:
    x, z = tf.random.stateless_normal(image, (1, 2)), tf.random.stateless_normal(latent, (3, 4))
    there, back = layer(x), layer(z, transpose=True)
    np.testing.assert_allclose(tf.reduce_sum(there * z), tf.reduce_sum(x * back), rtol=1e-4)


@pytest.mark.parametrize("name", ["filters", "input_filters", "kernel_size", "strides"])
def test_refuses_what_is_no_count(name: str) -> None:
    arguments = {"filters": 4, "input_filters": 3, "kernel_size": 3, "strides": 1, name: 0}
    with pytest.raises(ValueError, match=rf"{name}: expected a whole number above zero\. Received: 0"):
        TiedConv2D(**arguments)


@pytest.mark.parametrize("name", ["units", "input_units"])
def test_a_dense_layer_refuses_what_is_no_count(name: str) -> None:
    with pytest.raises(ValueError, match=rf"{name}: expected a whole number above zero\. Received: 2\.5"):
        TiedDense(**{"units": 4, "input_units": 3, name: 2.5})


def test_a_dense_decoder_saved_alone_takes_its_kernel_along(tmp_path: Path) -> None:
    layer = TiedDense(4, 6, kernel_regularizer="l2", name="shared")
    layer.build((None, 6))
    latent = keras.Input((4,))
    decoder = keras.Model(latent, Transposed(layer, name="back")(latent))
    decoder.save(tmp_path / "decoder.keras")
    again = keras.saving.load_model(tmp_path / "decoder.keras")
    z = tf.random.stateless_normal((3, 4), (1, 2))
    np.testing.assert_allclose(again(z), decoder(z), atol=1e-6)
    assert again.layers[-1].layer.get_config() == layer.get_config()


def test_a_decoder_saved_alone_takes_its_kernel_along(tmp_path: Path) -> None:
    layer = TiedConv2D(4, 2, kernel_size=5, strides=2, kernel_initializer="he_normal", name="shared")
    layer.build((None, 8, 8, 2))
    latent = keras.Input((4, 4, 4))
    decoder = keras.Model(latent, Transposed(layer, name="back")(latent))
    decoder.save(tmp_path / "decoder.keras")
    again = keras.saving.load_model(tmp_path / "decoder.keras")
    z = tf.random.stateless_normal((3, 4, 4, 4), (1, 2))
    np.testing.assert_allclose(again(z), decoder(z), atol=1e-6)
    assert again.layers[-1].layer.get_config() == layer.get_config()
