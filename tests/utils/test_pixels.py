import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasae.utils.pixels import scale_image_tensor, scale_images

LEVELS = np.arange(256, dtype=np.uint8)
# Of the exact quotients the nearest float32, as IEEE division gives them.
EXPECTED = (LEVELS / 255.0).astype(np.float32)


def test_arrays_and_tensors_are_divided_to_the_same_bits() -> None:
    symbolic = keras.Input((256,), dtype="uint8")
    model = keras.Model(symbolic, scale_image_tensor(symbolic))
    for values in (
        scale_images(LEVELS),
        scale_image_tensor(tf.constant(LEVELS)).numpy(),
        np.asarray(model(LEVELS[None])[0]),
    ):
        assert values.dtype == np.float32
        np.testing.assert_array_equal(values, EXPECTED)


def test_in_graphs_it_is_what_the_division_itself_is_compiled_to() -> None:
    division = tf.function(lambda images: tf.cast(images, tf.float32) / 255.0)
    values = tf.function(scale_image_tensor)(tf.constant(LEVELS)).numpy()
    np.testing.assert_array_equal(values, division(tf.constant(LEVELS)))
    mapped = next(iter(tf.data.Dataset.from_tensors(LEVELS).map(scale_image_tensor))).numpy()
    for compiled in (values, mapped):  # the reciprocal and the product are rounded: one unit in the last place each
        np.testing.assert_allclose(compiled, EXPECTED, rtol=2 * np.finfo(np.float32).eps)


@pytest.mark.parametrize("shape", [(), (0, 4, 4, 1), (2, 3, 1)])
def test_any_shape(shape: tuple[int, ...]) -> None:
    images = np.full(shape, 51, np.uint8)
    for values in (scale_images(images), scale_image_tensor(tf.constant(images)).numpy()):
        np.testing.assert_array_equal(values, np.full(shape, 0.2, np.float32))


def test_half_precision_does_not_reach_it() -> None:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        assert scale_image_tensor(tf.constant(LEVELS)).dtype == tf.float32
    finally:
        keras.config.set_dtype_policy(before)
