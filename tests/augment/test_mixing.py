"""MixUp and CutMix on NumPy batches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from augment_catalogue import sample_images
from PIL import Image

import augment

BOTH = pytest.mark.parametrize("mixing", [augment.MixUp(1.0), augment.CutMix()], ids=repr)


def mixed(mixing: augment.Mixing, images: Any, rows: Any, epoch: int = 0, seed: int = 0) -> tuple[Any, Any]:
    places = np.arange(len(images))
    partner = mixing.partner(seed, epoch, places, len(images))
    params = mixing.parameters(seed, epoch, places)
    return mixing.run(images, images[partner], rows, rows[partner], params)


def one_hot(num: int, num_classes: int = 4) -> Any:
    return np.eye(num_classes, dtype=np.float32)[np.arange(num) % num_classes]


@BOTH
def test_partners_come_from_the_whole_epoch_and_from_nobody_near(mixing: augment.Mixing) -> None:
    partner = mixing.partner(3, 1, np.arange(20_000), 20_000)
    assert (partner != np.arange(20_000)).all()
    counts = np.histogram(partner, 50, (0, 20_000))[0]
    assert (abs(counts - 400) < 5 * 400**0.5).all()
    np.testing.assert_array_equal(mixing.partner(3, 1, [17, 5], 20_000), partner[[17, 5]])
    assert (mixing.partner(3, 2, np.arange(20_000), 20_000) != partner).mean() > 0.99
    assert mixing.partner(3, 1, [0], 1) == [0]


@BOTH
def test_rows_keep_their_sum_and_the_image_its_type(mixing: augment.Mixing) -> None:
    images, rows = sample_images((40, 9, 7, 3)), one_hot(40)
    new_images, new_rows = mixed(mixing, images, rows)
    assert (new_images.dtype, new_rows.dtype) == (np.uint8, np.float32)
    np.testing.assert_allclose(new_rows.sum(1), 1.0, atol=1e-6)  # two float32 shares
    assert (new_images != images).any()
    again = mixed(mixing, images, rows)
    np.testing.assert_array_equal(again[0], new_images)
    assert (mixed(mixing, images, rows, epoch=1)[0] != new_images).any()


@BOTH
def test_a_row_sums_to_the_share_whose_label_is_known(mixing: augment.Mixing) -> None:
    images = np.zeros((50, 8, 8, 1), np.uint8)
    labelled, unlabelled = one_hot(50), np.zeros((50, 4), np.float32)
    params = mixing.parameters(0, 0, np.arange(50))
    _, whole = mixing.run(images, images, labelled, np.roll(labelled, 1, 1), params)
    _, part = mixing.run(images, images, labelled, unlabelled, params)
    _, none = mixing.run(images, images, unlabelled, unlabelled, params)
    np.testing.assert_array_equal(part, np.where(labelled > 0, whole, 0))
    assert not none.any()


def test_mix_up_is_pillows_blend() -> None:
    mixing, images = augment.MixUp(1.0), sample_images((30, 11, 6, 3))
    share = mixing.parameters(0, 0, np.arange(30))["share"]
    blended, rows = mixing.mix(images, images[::-1], one_hot(30), one_hot(30), share=share)
    for index in range(30):
        pair = [Image.fromarray(images[29 - index]), Image.fromarray(images[index])]
        np.testing.assert_array_equal(blended[index], np.asarray(Image.blend(*pair, float(share[index]))))
    np.testing.assert_allclose(rows, one_hot(30), atol=1e-6)


def test_cut_mix_pastes_a_box_and_counts_its_pixels() -> None:
    ours, theirs = np.zeros((200, 13, 21, 1), np.uint8), np.ones((200, 13, 21, 1), np.uint8)
    first, second = np.float32([[1, 0]] * 200), np.float32([[0, 1]] * 200)
    params = augment.CutMix().parameters(0, 0, np.arange(200))
    images, rows = augment.CutMix().run(ours, theirs, first, second, params)
    np.testing.assert_allclose(rows[:, 1], images.mean((1, 2, 3)), atol=1e-6)
    for image in images[..., 0]:
        ys, xs = np.nonzero(image)
        if len(ys):
            assert image[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1].all()
    # The share before the cut at the border is uniform: the box covers half of the image at most on average.
    assert 0.2 < rows[:, 1].mean() < 0.5


@BOTH
def test_probability_leaves_the_others_as_they_are(mixing: augment.Mixing) -> None:
    rarely = type(mixing)(1.0, probability=0.25)
    images, rows = sample_images((2000, 2, 2, 1)), one_hot(2000)
    new_images, new_rows = mixed(rarely, images, rows)
    applied = rarely.parameters(0, 0, np.arange(2000))["applied"]
    assert abs(applied.mean() - 0.25) < 5 * (0.25 * 0.75 / 2000) ** 0.5
    np.testing.assert_array_equal(new_images[~applied], images[~applied])
    np.testing.assert_array_equal(new_rows[~applied], rows[~applied])


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match=r"`alpha` of MixUp.*Received: 0"):
        augment.MixUp(0.0)
    with pytest.raises(ValueError, match=r"`size` of Mixing.partner"):
        augment.CutMix().partner(0, 0, [0], 0)
