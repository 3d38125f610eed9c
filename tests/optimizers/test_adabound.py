import keras
import numpy as np
import pytest

from kerasae.optimizers import AdaBound

START = np.array([[1.0, -2.0, 3.0]], np.float32)
GRADIENTS = np.random.default_rng(0).normal(size=(40, 1, 3)).astype(np.float32)


def run(optimizer: keras.optimizers.Optimizer) -> np.ndarray:
    variable = keras.Variable(START)
    for gradient in GRADIENTS:
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    return keras.ops.convert_to_numpy(variable)


def reference(rate: float, final: float, beta_1: float, beta_2: float, gamma: float, epsilon: float) -> np.ndarray:
    value, mean, square = START.astype(np.float64), 0.0, 0.0
    for step, gradient in enumerate(GRADIENTS.astype(np.float64), 1):
        mean = beta_1 * mean + (1 - beta_1) * gradient
        square = beta_2 * square + (1 - beta_2) * gradient**2
        size = rate * np.sqrt(1 - beta_2**step) / (1 - beta_1**step) / (np.sqrt(square) + epsilon)
        bounds = final * (1 - 1 / (gamma * step + 1)), final * (1 + 1 / (gamma * step))
        value = value - np.clip(size, *bounds) * mean
    return value


@pytest.mark.parametrize("gamma", [1e-3, 0.3])
def test_equals_the_algorithm(gamma: float) -> None:
    arguments = (0.01, 0.1, 0.8, 0.99, gamma, 1e-8)
    np.testing.assert_allclose(run(AdaBound(*arguments)), reference(*arguments), rtol=1e-4)


def test_wide_bounds_make_it_adam() -> None:
    # The lower bound is next to nothing and the upper one out of reach for 40 steps.
    adam = keras.optimizers.Adam(1e-3, epsilon=1e-8)
    np.testing.assert_allclose(run(AdaBound(1e-3, final_rate=1e-4, gamma=1e-9)), run(adam), rtol=1e-5)


def test_closed_bounds_make_it_sgd() -> None:
    # Both bounds at final_rate, and no memory: every step is final_rate times the gradient.
    optimizer = AdaBound(1e-3, final_rate=0.05, beta_1=0.0, gamma=1 - 1e-7)
    late = keras.Variable(START)
    optimizer.build([late])
    optimizer.iterations.assign(10**6)
    optimizer.apply([keras.ops.convert_to_tensor(GRADIENTS[0])], [late])
    np.testing.assert_allclose(late, START - 0.05 * GRADIENTS[0], rtol=1e-4)


def test_config_round_trips() -> None:
    optimizer = AdaBound(0.2, 0.3, 0.4, 0.5, 0.6, 0.7, name="other", weight_decay=0.01, clipnorm=2.0)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(optimizer))
    assert again.get_config() == optimizer.get_config()
    np.testing.assert_array_equal(run(again), run(optimizer))


def test_bounds_follow_a_schedule() -> None:
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([0], [0.1, 0.01])
    optimizer = AdaBound(schedule, final_rate=0.5, beta_1=0.0, gamma=1 - 1e-7)
    variable = keras.Variable(START)
    optimizer.build([variable])
    optimizer.iterations.assign(10**6)
    optimizer.apply([keras.ops.convert_to_tensor(GRADIENTS[0])], [variable])
    np.testing.assert_allclose(variable, START - 0.05 * GRADIENTS[0], rtol=1e-4)


def test_what_is_saved_after_the_rate_fell_keeps_the_rate_at_the_beginning() -> None:
    optimizer = AdaBound(0.1, final_rate=0.5)
    optimizer.learning_rate = 0.025
    again = AdaBound.from_config(optimizer.get_config())
    assert (float(again.learning_rate), again.base_rate) == (pytest.approx(0.025), 0.1)


@pytest.mark.parametrize("option", ["final_rate", "beta_1", "beta_2", "gamma", "epsilon", "base_rate"])
def test_values_out_of_range_are_refused(option: str) -> None:
    with pytest.raises(ValueError, match=rf"{option}: expected .* Received: -1"):
        AdaBound(**{option: -1})
