import functools
from pathlib import Path

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
    warm(layers[0])
    return layers


def warm(layer: BatchNormalization) -> None:
    """Make the layer's averages Keras' own, as after many steps."""
    layer.steps.assign(1e6)


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
    ours.build((None, 4, 4, 3))
    warm(ours)
    for training in (True, False):
        np.testing.assert_allclose(ours(images(), training=training), theirs(images(), training=training), atol=1e-4)


def test_a_mask_and_a_vector_take_keras_path() -> None:
    x, mask = images(4)[:, 0], np.arange(16).reshape(4, 4) % 3 > 0
    np.testing.assert_allclose(
        BatchNormalization()(x, training=True, mask=mask),
        keras.layers.BatchNormalization()(x, training=True, mask=mask),
        atol=1e-6,
    )


def test_a_mask_of_another_rank_is_refused() -> None:
    with pytest.raises(ValueError, match=r"mask: expected one dimension less .*Received: shape \(4,\) beside"):
        BatchNormalization()(images(4)[:, 0], training=True, mask=np.ones(4, bool))


def test_frozen_layer_uses_and_keeps_its_statistics() -> None:
    layer, _ = pair()
    layer.trainable = False
    before = layer.get_weights()
    np.testing.assert_allclose(layer(images(), training=True), layer(images(), training=False))
    for old, new in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert layer.steps.numpy() == 1e6


# Four dimensions take the fused kernel, three Keras' operations.
@pytest.mark.parametrize("shape", [(6, 4, 4, 3), (6, 16, 3), (96, 3)])
def test_the_averages_are_the_batches_own_after_the_first_steps(shape: tuple[int, ...]) -> None:
    layer, random = BatchNormalization(), np.random.default_rng(5)
    for step in range(1, 31):
        x = random.normal(5.0, 3.0, shape).astype(np.float32)
        layer(x, training=True)
        if step == 1:
            np.testing.assert_allclose(layer.moving_mean, x.reshape(-1, 3).mean(0), rtol=1e-5)
            np.testing.assert_allclose(layer.moving_variance, x.reshape(-1, 3).var(0), rtol=1e-5)
    # Some 7 batches' worth of 96 values: a mean errs by 3 / sqrt(7 * 96), a variance by 9 * sqrt(2 / (7 * 96)). Five
    # such errors; Keras' layer is at a mean of 1.3 and a variance of 3.1.
    np.testing.assert_allclose(layer.moving_mean, np.full(3, 5.0), atol=5 * 3 / np.sqrt(7 * 96))
    np.testing.assert_allclose(layer.moving_variance, np.full(3, 9.0), atol=5 * 9 * np.sqrt(2 / (7 * 96)))


@pytest.mark.parametrize("shape", [(2, 2, 2, 3), (8, 3)])
def test_equal_to_keras_once_warmed_up(shape: tuple[int, ...]) -> None:
    ours, theirs = BatchNormalization(momentum=0.9), keras.layers.BatchNormalization(momentum=0.9)
    random = np.random.default_rng(5)
    steps = {id(layer): tf.function(functools.partial(layer, training=True)) for layer in (ours, theirs)}
    # An update is Keras' from step 82 on, where 9 / (t + 8) = 0.1; 0.9 ** 180 = 6e-9 is left of the rest.
    for _ in range(82 + 180):
        x = tf.constant(random.normal(5.0, 3.0, shape), tf.float32)
        for layer in (ours, theirs):
            steps[id(layer)](x)
    np.testing.assert_allclose(ours.moving_mean, theirs.moving_mean, rtol=1e-5)
    np.testing.assert_allclose(ours.moving_variance, theirs.moving_variance, rtol=1e-5)


def test_the_count_of_steps_is_saved_but_is_no_weight(tmp_path: Path) -> None:
    models = {}
    for kind in (BatchNormalization, keras.layers.BatchNormalization):
        inputs = keras.Input((4, 4, 3))
        models[kind] = keras.Model(inputs, kind()(inputs))
    ours, theirs = models.values()
    assert [tuple(weight.shape) for weight in ours.weights] == [tuple(weight.shape) for weight in theirs.weights]
    assert ours.count_params() == theirs.count_params()
    ours(images(), training=True)
    ours.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras").layers[-1]
    assert again.steps.numpy() == 1
    theirs.save_weights(tmp_path / "keras.weights.h5")  # holds no count, as what this layer once saved holds none
    ours.load_weights(tmp_path / "keras.weights.h5")
    np.testing.assert_array_equal(ours.layers[-1].moving_variance, np.ones(3))
    assert ours.layers[-1].steps.numpy() == 0


def test_weights_move_to_keras_and_config_round_trips() -> None:
    arguments = {"momentum": 0.7, "epsilon": 0.01, "scale": False, "synchronized": True, "name": "norm"}
    layer = BatchNormalization(**arguments)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert isinstance(again, BatchNormalization)
    assert again.get_config() == layer.get_config()
    ours, theirs = pair()
    theirs.set_weights(ours.get_weights())
    np.testing.assert_allclose(ours(images()), theirs(images()), atol=1e-5)
