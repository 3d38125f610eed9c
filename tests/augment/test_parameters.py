"""Every parameter at any value, both ends of its range among them: native against Pillow, byte for byte."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from augment_catalogue import KINDS, TRANSFORMS, sample_images
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_sample_images

import augment


def within(low: float, high: float, *special: float) -> Any:
    """Floats of [low, high], its ends and special values often."""
    return st.one_of(st.sampled_from([low, high, *special]), st.floats(low, high))


FACTORS = st.one_of(within(-2.0, 3.0, 0.0, 1.0, 0.5), within(-100.0, 100.0))
ROUTES = st.fixed_dictionaries({"resample": st.sampled_from(["nearest", "bilinear"]), "fill": st.integers(0, 255)})
FIXED: dict[str, tuple[str, Any]] = {
    "auto_contrast": ("cutoff_range", within(0.0, 49.9)),
    "brightness": ("factor_range", FACTORS),
    "color": ("factor_range", FACTORS),
    "contrast": ("factor_range", FACTORS),
    "cut_paste": ("fraction_range", within(0.0, 1.0)),
    "cutout": ("fraction_range", within(0.0, 1.0)),
    "gaussian_blur": ("radius_range", st.one_of(within(0.0, 3.0, 1.0, 2.0), within(0.0, 100.0))),
    "gaussian_noise": ("deviation_range", within(0.0, 255.0)),
    "posterize": ("bits_range", st.integers(1, 8)),
    "sharpness": ("factor_range", FACTORS),
    "solarize": ("threshold_range", within(0.0, 256.0, 255.0, 255.5, 1.0)),
}
MOVED: dict[str, tuple[str, Any]] = {
    "rotate": ("degrees_range", within(-360.0, 360.0, 0.0, 90.0, 180.0, -90.0, 45.0)),
    "shear_x": ("shear_range", within(-2.0, 2.0, 0.0, 1.0, 0.5)),
    "shear_y": ("shear_range", within(-2.0, 2.0, 0.0, 1.0, 0.5)),
    "translate_x": ("fraction_range", within(-1.0, 1.0, 0.0, 0.5)),
    "translate_y": ("fraction_range", within(-1.0, 1.0, 0.0, 0.5)),
}
SHAPES = st.tuples(st.just(2), st.integers(1, 97), st.integers(1, 61), st.sampled_from([1, 3]))


def compare(shape: Any, kind: str, seed: int, table: dict[str, Any]) -> None:
    images, transform = sample_images(shape, kind, seed), augment.build(table)
    native = augment.apply(images, transform, seed=seed)
    np.testing.assert_array_equal(native, augment.apply(images, transform, seed=seed, engine="pil"))


@pytest.mark.parametrize("name", FIXED)
@settings(max_examples=40, deadline=None)
@given(data=st.data(), shape=SHAPES, kind=st.sampled_from(KINDS), seed=st.integers(0, 999))
def test_values_and_levels(name: str, data: st.DataObject, shape: Any, kind: str, seed: int) -> None:
    argument, values = FIXED[name]
    value = data.draw(values)
    compare(shape, kind, seed, {"name": name, argument: [value, value]})


@pytest.mark.parametrize("name", MOVED)
@settings(max_examples=80, deadline=None)
@given(data=st.data(), shape=SHAPES, kind=st.sampled_from(KINDS), seed=st.integers(0, 999), route=ROUTES)
def test_places(name: str, data: st.DataObject, shape: Any, kind: str, seed: int, route: dict[str, Any]) -> None:
    argument, values = MOVED[name]
    value = data.draw(values)
    compare(shape, kind, seed, {"name": name, argument: [value, value], **route})


@pytest.mark.parametrize("mode", ["constant", "reflect"])
@settings(max_examples=40, deadline=None)
@given(shape=SHAPES, padding=st.integers(0, 120), fill=st.integers(0, 255), seed=st.integers(0, 999))
def test_crops(mode: str, shape: Any, padding: int, fill: int, seed: int) -> None:
    compare(shape, "noise", seed, {"name": "crop", "padding": padding, "mode": mode, "fill": fill})


@pytest.mark.parametrize("name", ["brightness", "contrast", "color", "sharpness"])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_level_at_many_factors(name: str, channels: int) -> None:
    """All 256 levels, beside each other and in turn, so that no rounding of a blend is left out."""
    levels = np.random.default_rng(1).permutation(np.repeat(np.arange(256, dtype=np.uint8), 12))
    images = np.broadcast_to(levels.reshape(1, 64, -1, channels), (97, 64, 48 // channels, channels))
    transform = augment.build({"name": name, "factor_range": [-1.6, 3.2]})
    params = {"applied": np.ones(97, bool), "factor": np.linspace(-1.6, 3.2, 97)}
    native, pillow = (transform.run(np.ascontiguousarray(images), params, engine) for engine in ("native", "pil"))
    np.testing.assert_array_equal(native, pillow)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_photographs(name: str) -> None:
    """Larger than the sizes above, and with the levels of real images."""
    photos = np.stack(load_sample_images().images)
    for images in (photos, np.ascontiguousarray(photos[..., :1])):
        native = augment.apply(images, TRANSFORMS[name], seed=6)
        np.testing.assert_array_equal(native, augment.apply(images, TRANSFORMS[name], seed=6, engine="pil"))
