import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from kerasae.layers import BatchNormalization


def pair(**arguments: object) -> tuple[keras.layers.Layer, keras.layers.Layer]:
    layers = BatchNormalization(**arguments), keras.layers.BatchNormalization(**arguments)
    for layer in layers:
        layer.build((None, 4, 4, 3))
        layer.set_weights([np.linspace(0.5, 1.5, 3) + i for i, _ in enumerate(layer.get_weights())])
    return layers


def images(batch: int = 6, side: int = 4, dtype: str = "float32") -> tf.Tensor:
    random = np.random.default_rng(3)
    return tf.cast(random.normal(1.0, 2.0, (batch, side, side, 3)), dtype)


@settings(max_examples=12, deadline=None)
@given(batch=st.integers(1, 9), side=st.integers(1, 7), training=st.booleans(), momentum=st.sampled_from([0.5, 0.99]))
def test_same_outputs_gradients_and_statistics_as_keras(batch: int, side: int, training: bool, momentum: float) -> None:
    results = []
    for layer in pair(momentum=momentum):
        x = images(batch, side)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=training)
            loss = tf.reduce_sum(y * tf.cos(tf.range(tf.size(y), dtype=tf.float32) / 7 + 1).numpy().reshape(y.shape))
        gradients = tape.gradient(loss, [x, layer.gamma, layer.beta])
        results.append([y, *gradients, layer.moving_mean, layer.moving_variance])
    for ours, theirs in zip(*results, strict=True):
        # Sums over up to 441 values in float32, taken in another order; a variance near 0 (one pixel) enlarges them.
        np.testing.assert_allclose(ours, theirs, rtol=2e-3, atol=2e-3)


def test_population_variance_not_the_kernels_sample_variance() -> None:
    ours, theirs = pair(momentum=0.0)
    x = images(2, 1)  # two values a channel: the sample variance would be twice as large
    ours(x, training=True), theirs(x, training=True)
    np.testing.assert_allclose(ours.moving_variance, theirs.moving_variance, rtol=1e-5)
    np.testing.assert_allclose(ours.moving_variance, np.var(x, axis=(0, 1, 2)), rtol=1e-5)


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
def test_low_precision_keeps_its_dtype_and_float32_statistics(dtype: str) -> None:
    layer = BatchNormalization(dtype=dtype, momentum=0.0)
    x = images(16, dtype=keras.DTypePolicy(dtype).compute_dtype)
    y = layer(x, training=True)
    assert y.dtype == x.dtype
    assert layer.moving_mean.dtype == "float32"
    # bfloat16 has 8 significant bits, so a value of about 3 errs by up to 0.012.
    np.testing.assert_allclose(
        tf.cast(y, tf.float32), keras.layers.BatchNormalization()(tf.cast(x, tf.float32), training=True), atol=0.03
    )


@pytest.mark.parametrize("arguments", [{"axis": 1}, {"scale": False}, {"center": False}, {"renorm": True}])
def test_every_variant_agrees_with_keras(arguments: dict[str, object]) -> None:
    ours, theirs = BatchNormalization(**arguments), keras.layers.BatchNormalization(**arguments)
    for training in (True, False):
        np.testing.assert_allclose(ours(images(), training=training), theirs(images(), training=training), atol=1e-4)


def test_a_mask_and_a_vector_take_keras_path() -> None:
    x, mask = images(4)[:, 0], np.arange(16).reshape(4, 4) % 3 > 0
    np.testing.assert_allclose(
        BatchNormalization()(x, training=True, mask=mask),
        keras.layers.BatchNormalization()(x, training=True, mask=mask),
        atol=1e-6,
    )


def test_frozen_layer_uses_and_keeps_its_statistics() -> None:
    layer, _ = pair()
    layer.trainable = False
    before = layer.get_weights()
    np.testing.assert_allclose(layer(images(), training=True), layer(images(), training=False))
    for old, new in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_weights_move_to_keras_and_config_round_trips() -> None:
    arguments = {"momentum": 0.7, "epsilon": 0.01, "scale": False, "synchronized": True, "name": "norm"}
    layer = BatchNormalization(**arguments)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert isinstance(again, BatchNormalization)
    assert again.get_config() == layer.get_config()
    ours, theirs = pair()
    theirs.set_weights(ours.get_weights())
    np.testing.assert_allclose(ours(images()), theirs(images()), atol=1e-5)
