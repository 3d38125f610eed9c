"""Native kernels against Pillow, byte for byte, and what every transform promises."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from augment_catalogue import KINDS, TRANSFORMS, sample_images
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance, ImageOps

import augment

cases = pytest.mark.parametrize("name", TRANSFORMS)


def both(images: Any, transform: augment.Transform, **key: Any) -> Any:
    native = augment.apply(images, transform, **key)
    np.testing.assert_array_equal(native, augment.apply(images, transform, engine="pil", **key))
    return native


def test_catalogue_holds_every_registered_transform() -> None:
    ours = {name for name in augment.names() if augment.registry.lookup(name).__module__.startswith("augment.")}
    mixings = {"mix_up", "cut_mix"}
    assert {name.split()[0] for name in TRANSFORMS} == ours - mixings


@cases
@settings(max_examples=12, deadline=None)
@given(
    height=st.integers(1, 97),
    width=st.integers(1, 61),
    channels=st.sampled_from([1, 3]),
    kind=st.sampled_from(KINDS),
    seed=st.integers(0, 2**63 - 1),
)
def test_native_equals_pillow(name: str, height: int, width: int, channels: int, kind: str, seed: int) -> None:
    both(sample_images((3, height, width, channels), kind, seed % 1000), TRANSFORMS[name], seed=seed)


@pytest.mark.slow
@cases
def test_native_equals_pillow_on_very_many_images(name: str) -> None:
    random = np.random.default_rng(0)
    for seed in range(1000):
        shape = (3, int(random.integers(1, 98)), int(random.integers(1, 62)), int(random.choice([1, 3])))
        both(sample_images(shape, KINDS[seed % len(KINDS)], seed), TRANSFORMS[name], seed=seed)


@cases
@pytest.mark.parametrize("shape", [(7, 1, 1, 3), (7, 2, 2, 1), (7, 3, 1, 3), (7, 32, 32, 3), (7, 33, 20, 1)])
def test_both_ends_of_each_range(name: str, shape: tuple[int, int, int, int]) -> None:
    transform, images = TRANSFORMS[name], sample_images(shape)
    params = {"applied": np.ones(7, bool), **transform.spread(7)}
    native, pillow = (transform.run(images, params, engine) for engine in ("native", "pil"))
    np.testing.assert_array_equal(native, pillow)


@cases
def test_neighbours_order_and_batch_size_change_nothing(name: str) -> None:
    transform, images = TRANSFORMS[name], sample_images((30, 12, 9, 3))
    key: dict[str, Any] = {"seed": 5, "epoch": 2}
    whole = augment.apply(images, transform, **key)
    for size in (1, 7):
        parts = [
            augment.apply(images[start : start + size], transform, positions=range(30)[start : start + size], **key)
            for start in range(0, 30, size)
        ]
        np.testing.assert_array_equal(np.concatenate(parts), whole)
    back = augment.apply(images[::-1], transform, positions=np.arange(30)[::-1], **key)
    np.testing.assert_array_equal(back[::-1], whole)


@cases
def test_twins_are_equal_and_epochs_and_seeds_differ(name: str) -> None:
    transform, images = TRANSFORMS[name], sample_images((40, 16, 16, 3))
    before = images.copy()
    first = augment.apply(images, transform, seed=1, epoch=4)
    assert first.shape == images.shape
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(images, before)
    np.testing.assert_array_equal(first, augment.apply(images, transform, seed=1, epoch=4))
    assert (first != augment.apply(images, transform, seed=1, epoch=5)).any()
    assert (first != augment.apply(images, transform, seed=2, epoch=4)).any()


@cases
def test_input_may_be_read_only_strided_or_empty(name: str) -> None:
    images = sample_images((4, 10, 10, 3))
    expected = augment.apply(images, TRANSFORMS[name], seed=1)
    fixed = images.copy()
    fixed.setflags(write=False)
    np.testing.assert_array_equal(augment.apply(fixed, TRANSFORMS[name], seed=1), expected)
    wide = np.repeat(images, 2, axis=2)
    np.testing.assert_array_equal(augment.apply(wide[:, :, ::2], TRANSFORMS[name], seed=1), expected)
    assert augment.apply(images[:0], TRANSFORMS[name], seed=1).shape == (0, 10, 10, 3)


@pytest.mark.parametrize(
    "same",
    [
        augment.Contrast((1, 1)),
        augment.Brightness((1, 1)),
        augment.Color((1, 1)),
        augment.Sharpness((1, 1)),
        augment.Posterize((8, 8)),
        augment.Solarize((256, 256)),
        augment.Rotate((0, 0), resample="bilinear"),
        augment.Rotate((360, 360)),
        augment.ShearX((0, 0)),
        augment.ShearY((0, 0), resample="bilinear"),
        augment.TranslateX((0, 0)),
        augment.TranslateY((0, 0), resample="bilinear"),
        augment.Crop(0),
        augment.Cutout((0, 0)),
        augment.GaussianNoise((0, 0)),
        augment.Mask(3, ratio=0.0),
        augment.Compose([]),
        augment.Invert(probability=0.0),
    ],
    ids=repr,
)
@pytest.mark.parametrize("channels", [1, 3])
def test_identity_parameters_change_nothing(same: augment.Transform, channels: int) -> None:
    images = sample_images((5, 13, 21, channels))
    np.testing.assert_array_equal(both(images, same, seed=0), images)


@pytest.mark.parametrize("factor", [-0.7, 0.0, 0.3, 1.0, 1.9])
def test_the_reference_is_pillow_itself(factor: float) -> None:
    image = sample_images((1, 31, 17, 3))[0]
    sample_image = Image.fromarray(image)
    pairs = [
        (augment.Contrast((factor, factor)), ImageEnhance.Contrast(sample_image).enhance(factor)),
        (augment.Brightness((factor, factor)), ImageEnhance.Brightness(sample_image).enhance(factor)),
        (augment.Color((factor, factor)), ImageEnhance.Color(sample_image).enhance(factor)),
        (augment.Sharpness((factor, factor)), ImageEnhance.Sharpness(sample_image).enhance(factor)),
        (augment.Equalize(), ImageOps.equalize(sample_image)),
        (augment.AutoContrast((7, 7)), ImageOps.autocontrast(sample_image, 7)),
        (augment.Posterize((3, 3)), ImageOps.posterize(sample_image, 3)),
        (augment.Solarize((99, 99)), ImageOps.solarize(sample_image, 99)),
        (augment.Invert(), ImageOps.invert(sample_image)),
        (augment.HorizontalFlip(), ImageOps.mirror(sample_image)),
        (augment.VerticalFlip(), ImageOps.flip(sample_image)),
        (augment.Rotate((40 * factor, 40 * factor), fill=9), sample_image.rotate(40 * factor, fillcolor=(9, 9, 9))),
        (
            augment.ShearX((factor, factor)),
            sample_image.transform(sample_image.size, Image.Transform.AFFINE, (1, factor, 0, 0, 1, 0)),
        ),
    ]
    for transform, expected in pairs:
        np.testing.assert_array_equal(augment.apply(image[None], transform, seed=0)[0], np.asarray(expected))


@pytest.mark.parametrize("degrees", [90.0, 180.0, 270.0, -90.0])
def test_right_angles(degrees: float) -> None:
    for shape in [(2, 16, 16, 3), (2, 9, 14, 1)]:
        for resample in ("nearest", "bilinear"):
            both(sample_images(shape), augment.Rotate((degrees, degrees), resample=resample), seed=0)


def test_probability_is_kept_within_five_standard_errors() -> None:
    images = np.zeros((20_000, 1, 1, 1), np.uint8)
    share = (augment.apply(images, augment.Invert(probability=0.3), seed=1) == 255).mean()
    assert abs(share - 0.3) < 5 * (0.3 * 0.7 / 20_000) ** 0.5


def test_large_images_leave_fixed_point_to_pillow() -> None:
    both(sample_images((1, 2, 8200, 1)), augment.ShearX((2, 2)), seed=0)


def test_noise_has_the_deviation_asked_for() -> None:
    images = np.full((50, 64, 64, 1), 128, np.uint8)
    noise = augment.apply(images, augment.GaussianNoise((10, 10)), seed=3).astype(float) - 128
    # Rounding adds 1/12 to the variance; the standard error of a variance is sqrt(2 / n) of it.
    assert abs(noise.var() - (100 + 1 / 12)) < 5 * 100 * (2 / noise.size) ** 0.5 + 0.05
    assert abs(noise.mean()) < 5 * 10 / noise.size**0.5
    assert (noise[0] != noise[1]).any()


def test_mask_blanks_the_share_asked_for_evenly_over_the_grid() -> None:
    images = np.full((4000, 9, 8, 1), 200, np.uint8)  # three rows, the last one cut off, of two patches
    masked = augment.apply(images, augment.Mask(4, ratio=0.5, fill=7), seed=3)
    patches = masked[:, [0, 4, 8]][:, :, [0, 4], 0]
    for row, column in np.ndindex(3, 2):
        block = masked[:, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4, 0]
        assert (block == patches[:, row, column, None, None]).all()
    blanked = patches == 7
    assert (blanked.sum((1, 2)) == 3).all()
    assert np.abs(blanked.mean(0) - 0.5).max() < 5 * (0.25 / 4000) ** 0.5
    assert len(np.unique(blanked.reshape(4000, 6), axis=0)) == 20  # all ways to choose 3 of 6


@pytest.mark.parametrize(
    ("images", "error", "message"),
    [
        (np.zeros((2, 4, 4, 3), np.float32), TypeError, "dtype uint8.*Received: float32"),
        (np.zeros((4, 4, 3), np.uint8), ValueError, r"\(n, H, W, C\).*Received: \(4, 4, 3\)"),
        (np.zeros((1, 4, 4, 4), np.uint8), ValueError, r"C in \(1, 3\)"),
    ],
)
def test_other_arrays_are_refused(images: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        augment.apply(images, [], seed=0)


def test_unknown_engine_and_wrong_positions_are_refused() -> None:
    images = sample_images((2, 4, 4, 3))
    with pytest.raises(ValueError, match=r"`engine`.*'native', 'pil'.*Received: 'fast'"):
        augment.apply(images, [], seed=0, engine="fast")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"`positions` of shape \(2,\). Received: \(3,\)"):
        augment.apply(images, [], seed=0, positions=[0, 1, 2])
