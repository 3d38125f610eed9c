import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasae.optimizers import SGD
from kerasae.optimizers.named import OPTIMIZERS
from kerasae.recipe import Spec

GRADIENTS = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)


def run(optimizer: keras.optimizers.Optimizer, name: str) -> np.ndarray:
    others = keras.Variable(np.zeros(3, np.float32), name="gamma")
    variable = keras.Variable(np.ones(3, np.float32), name=name)
    for gradient in map(keras.ops.convert_to_tensor, GRADIENTS):
        optimizer.apply([gradient, gradient], [others, variable])
    return keras.ops.convert_to_numpy(variable)


@pytest.mark.parametrize("options", [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}], ids=str)
def test_offsets_go_at_a_rate_of_their_own_and_all_else_as_in_keras(options: dict) -> None:
    theirs, faster = (keras.optimizers.SGD(rate, **options) for rate in (0.01, 0.64))
    ours = SGD(0.01, beta_rate=64.0, **options)
    np.testing.assert_array_equal(run(ours, "kernel"), run(theirs, "kernel"))
    np.testing.assert_allclose(run(SGD(0.01, beta_rate=64.0, **options), "beta"), run(faster, "beta"), rtol=1e-5)


def test_the_rate_follows_a_schedule() -> None:
    schedules = [keras.optimizers.schedules.ExponentialDecay(rate, 5, 0.5) for rate in (0.01, 0.1)]
    ours, theirs = SGD(schedules[0], beta_rate=10.0), keras.optimizers.SGD(schedules[1])
    np.testing.assert_allclose(run(ours, "beta"), run(theirs, "beta"), rtol=1e-5)


def test_offsets_are_known_in_replicas_too() -> None:
    def after(strategy: tf.distribute.Strategy) -> list[np.ndarray]:
        with strategy.scope():
            keras.utils.set_random_seed(0)
            model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.LayerNormalization()])
            model.compile(SGD(0.01, beta_rate=50.0), "mse", jit_compile=False)
        x = np.random.default_rng(1).normal(size=(8, 4)).astype(np.float32)
        model.fit(x, x[:, :3], batch_size=8, epochs=3, verbose=0)
        return model.get_weights()

    single = after(tf.distribute.get_strategy())
    mirrored = after(tf.distribute.MirroredStrategy(["/cpu:0"]))
    for expected, actual in zip(single, mirrored, strict=True):
        np.testing.assert_allclose(actual, expected, atol=1e-6)


def test_config_round_trips() -> None:
    optimizer = SGD(0.2, 0.3, True, 4.0, name="other", weight_decay=0.01)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(optimizer))
    assert again.get_config() == optimizer.get_config()
    np.testing.assert_array_equal(run(again, "beta"), run(optimizer, "beta"))


def test_a_recipe_reaches_it() -> None:
    built = OPTIMIZERS.build(Spec(name="sgd", beta_rate=64), "optimizer")
    assert (built.beta_rate, built.momentum, built.nesterov) == (64.0, 0.9, True)


@pytest.mark.parametrize("rate", [0, -1.0, float("nan")])
def test_a_rate_that_is_not_above_0_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match=r"beta_rate: expected a number above 0\. Received: "):
        SGD(beta_rate=rate)
