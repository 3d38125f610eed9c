"""The families made of branches: every operation counts, widths and sides are the papers'."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasae.models import JointAutoencoder, build, check
from kerasae.models.blocks import Settings
from kerasae.models.encoders.nasnet import fitted, normal_cell, reduction_cell
from kerasae.recipe import HEADS, ModelRecipe, Spec
from kerasae.utils.errors import RequestError

SMALL = {"inception": {"filters": [8, 16], "stem": 4}, "nasnet": {"filters": [4, 6], "stem": 4}}


def model(encoder: str, **more: object) -> JointAutoencoder:
    return build(ModelRecipe(encoder=Spec(name=encoder, **SMALL[encoder]), **more), (8, 12, 3), 4, HEADS)


@pytest.mark.parametrize("encoder", SMALL)
def test_latents_are_maps_of_a_quarter_of_the_sides(encoder: str) -> None:
    joint = build(ModelRecipe(encoder=Spec(name=encoder)), (32, 32, 3), 10, ("label",))
    assert joint.encoder.output_shape[1:] == (8, 8, 128)


@pytest.mark.parametrize("encoder", SMALL)
def test_every_weight_learns_from_both_heads(encoder: str) -> None:
    joint = model(encoder, l2=1e-3)
    assert isinstance(joint.decoder.layers[1], keras.layers.Conv2DTranspose)  # the `baseline` decoder takes maps
    images = np.random.default_rng(0).integers(0, 256, (4, 8, 12, 3), dtype=np.uint8)
    for head in HEADS:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(joint(images, training=True)[head]))
        gradients = tape.gradient(loss, joint.encoder.trainable_variables)
        assert all(gradient is not None and np.any(gradient) for gradient in gradients)
    kernels = [weight for weight in joint.encoder.weights if "kernel" in weight.name]
    expected = sum(1e-3 * float(np.square(kernel).sum()) for kernel in kernels)
    assert float(sum(joint.encoder.losses)) == pytest.approx(expected, rel=1e-5)


def test_an_inception_block_has_four_equal_branches() -> None:
    layers = model("inception").encoder.layers
    joins = [layer for layer in layers if isinstance(layer, keras.layers.Concatenate)]
    assert [[branch.shape[-1] for branch in join.input] for join in joins] == [[2] * 4, [4] * 4]
    convolutions = [layer.kernel_size[0] for layer in layers if isinstance(layer, keras.layers.Conv2D)]
    # A stem, and in each of two blocks 1x1, two reductions, the pooled branch; 3x3, and 5x5 as two of 3x3.
    assert (convolutions.count(1), convolutions.count(3)) == (8, 7)


@pytest.mark.parametrize(("cell", "widths", "sides"), [(normal_cell, 6, (8, 6)), (reduction_cell, 4, (4, 3))])
def test_nasnets_cells_join_the_papers_operations(cell, widths: int, sides: tuple[int, int]) -> None:
    x, before = keras.Input((8, 6, 10)), keras.Input((16, 12, 5))
    built = keras.Model([x, before], cell(x, before, 4, Settings()))
    assert built.output_shape == (None, *sides, widths * 4)
    kinds = [type(layer) for layer in built.layers]
    sizes = sorted(layer.kernel_size[0] for layer in built.layers if isinstance(layer, keras.layers.SeparableConv2D))
    if cell is normal_cell:  # each separable operation twice
        assert sizes == [3] * 6 + [5] * 4
        assert kinds.count(keras.layers.AveragePooling2D) == 2
    else:
        assert sizes == [3] * 2 + [5] * 4 + [7] * 4
        assert (kinds.count(keras.layers.AveragePooling2D), kinds.count(keras.layers.MaxPooling2D)) == (2, 1)


def test_an_earlier_map_is_halved_by_two_shifted_grids() -> None:
    before, x = keras.Input((4, 4, 2)), keras.Input((2, 2, 8))
    settings = Settings(initializer="ones")
    halve = keras.Model([before, x], fitted(before, x, 2, settings))
    pixels = np.arange(32, dtype=np.float32).reshape(1, 4, 4, 2)
    rows = pixels.sum(-1)[0]
    expected = np.stack([rows[::2, ::2], np.pad(rows[1:, 1:], ((0, 1), (0, 1)))[::2, ::2]], -1)[None]
    # Batch normalization that has seen nothing divides by the root of 1 + 0.001.
    np.testing.assert_allclose(halve([pixels, np.zeros((1, 2, 2, 8))]), expected / np.sqrt(1.001), rtol=1e-4)


@pytest.mark.parametrize(("encoder", "odd", "factor"), [("inception", 6, 4), ("nasnet", 3, 2)])
def test_widths_that_do_not_divide_are_refused(encoder: str, odd: int, factor: int) -> None:
    message = rf"model\.encoder\.filters\.1: expected a multiple of {factor}\. Received: {odd}"
    with pytest.raises(RequestError, match=message):
        check(ModelRecipe(encoder=Spec(name=encoder, filters=[8, odd])))
