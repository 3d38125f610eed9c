import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from kerasae.layers import DepthToSpace


@settings(max_examples=20, deadline=None)
@given(size=st.integers(2, 4), height=st.integers(1, 5), width=st.integers(1, 5), kept=st.integers(1, 4))
def test_same_as_tensorflows(size: int, height: int, width: int, kept: int) -> None:
    x = np.random.default_rng(0).normal(size=(3, height, width, kept * size**2)).astype("float32")
    layer = DepthToSpace(size)
    y = layer(x)
    np.testing.assert_array_equal(y, tf.nn.depth_to_space(x, size))
    assert layer.compute_output_shape(x.shape) == y.shape


def test_survives_saving_and_keeps_bfloat16(tmp_path) -> None:
    model = keras.Sequential([keras.Input((2, 2, 9)), DepthToSpace(3, dtype="bfloat16")])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.layers[0].size == 3
    x = np.ones((1, 2, 2, 9), "float32")
    assert loaded(x).dtype == "bfloat16"
    np.testing.assert_array_equal(loaded(x), model(x))


def test_channels_that_do_not_divide_are_refused() -> None:
    with pytest.raises(ValueError, match=r"size: expected a number whose square divides the 6 channels\. Received: 2"):
        DepthToSpace(2)(np.zeros((1, 2, 2, 6), "float32"))
    with pytest.raises(ValueError, match=r"size: expected an integer of at least 1\. Received: 0"):
        DepthToSpace(0)
