from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kerasae.data.collection import Collection, open_collection
from kerasae.data.decoding import decode
from kerasae.data.image_inputs import read
from kerasae.data.summary import lines
from kerasae.data.value_range import FULL_16, Values, resolve_range, scale
from kerasae.recipe import DataRecipe, Recipe
from kerasae.utils.errors import RequestError
from kerasae.workflows.begin import resolve

RANDOM = np.random.default_rng(0)
Fill = Callable[..., Path]


@pytest.fixture
def fill(tmp_path: Path) -> Fill:
    """Make a folder of two classes of grey images whose values lie in [low, high)."""

    def make(low: float, high: float, dtype: str = "uint16", suffix: str = "png", count: int = 8, **options) -> Path:
        for name in "ab":
            (tmp_path / "data" / name).mkdir(parents=True, exist_ok=True)
            for index in range(count):
                values = RANDOM.uniform(low, high, (32, 32)).astype(dtype)
                values[0, 0] = np.array(high - (dtype != "float32")).astype(dtype)
                Image.fromarray(values).save(tmp_path / "data" / name / f"{index}.{suffix}", **options)
        return tmp_path / "data"

    return make


def opened(root: Path, **data: object) -> Collection:
    return open_collection(DataRecipe.model_validate({"source": str(root), **data}), classifies=True)


def brightest(collection: Collection) -> int:
    return int(collection.train.load(np.arange(len(collection.train))).max())


def test_bins_and_lines() -> None:
    wide = np.array([0, 255, 256, 4095, 65535], np.uint16)
    np.testing.assert_array_equal(scale(wide, FULL_16), wide >> 8)
    np.testing.assert_array_equal(scale(wide.astype(np.int32), FULL_16), wide >> 8)
    np.testing.assert_array_equal(scale(wide, (0, 4095.0)), [0, 15, 16, 255, 255])
    np.testing.assert_array_equal(scale(np.arange(256, dtype=np.uint16), (0, 255.0)), np.arange(256))
    np.testing.assert_array_equal(scale(np.array([0, 1], np.uint8), (0, 1.0)), [0, 255])
    np.testing.assert_array_equal(scale(np.array([-1, 0, 0.5, 1, 9], np.float32), (0, 1.0)), [0, 0, 128, 255, 255])
    np.testing.assert_array_equal(scale(np.array([-1024, 0, 3071], np.int16), (-1024.0, 3071.0)), [0, 64, 255])


@pytest.mark.parametrize(("high", "way"), [(256, 255), (1000, 1023), (4096, 4095), (16384, 16383)])
def test_16_bits_of_small_values_are_refused_with_the_way_out(fill: Fill, high: int, way: int) -> None:
    root = fill(0, high)
    message = (
        rf"^data\.range: expected .* \[0, 65535\]\. Received: .* {high - 1} in 16 images; set data.range = \[0, {way}\]"
    )
    with pytest.raises(RequestError, match=message):
        opened(root)
    collection = opened(root, range=[0.0, float(way)])
    assert brightest(collection) >= 249
    assert any(
        f"by the range [0, {way}] set by data.range, for 16 of 16 images" in line for line in lines(collection.facts)
    )
    assert collection.facts.duplicate_totals.groups == 0
    assert collection.facts.in_train == {"validation": 0, "test": 0}
    assert brightest(opened(root, range=[0.0, 65535.0])) == (high - 1) >> 8
    streamed = opened(root, range=[0.0, float(way)], memory_limit_mb=0)
    indices = np.arange(len(streamed.train))
    np.testing.assert_array_equal(streamed.train.load(indices), collection.train.load(indices))


def test_16_bits_that_use_their_range_are_as_before_and_said(fill: Fill) -> None:
    collection = opened(fill(0, 65536))
    assert collection.facts.values.range == (0.0, 65535.0)
    assert "to 65535 become 0 to 255 by the range [0, 65535] of how they are stored" in " ".join(
        lines(collection.facts)
    )
    assert resolve(Recipe(), collection).data.range == [0.0, 65535.0]


def test_8_bits_stay_auto(fill: Fill) -> None:
    collection = opened(fill(0, 256, "uint8"))
    assert collection.facts.values.rule == ""
    assert resolve(Recipe(), collection).data.range == "auto"
    assert not any(line.startswith("values") for line in lines(collection.facts))


def test_8_bits_of_0_and_1_are_refused_or_scaled(fill: Fill) -> None:
    root = fill(0, 2, "uint8")
    with pytest.raises(RequestError, match=r"^data\.range: .*Received: 0 to 1 .*set data\.range = \[0, 1\] to scale"):
        opened(root)
    assert brightest(opened(root, range=[0.0, 1.0])) == 255
    assert brightest(opened(root, range=[0.0, 255.0])) == 1


def test_a_range_of_wide_values_leaves_8_bits_as_they_are(fill: Fill) -> None:
    root = fill(0, 256, "uint8")
    before = opened(root)
    after = opened(root, range=[0.0, 4095.0])
    assert after.facts.fingerprint == before.facts.fingerprint
    assert any("no image, all are of 8 bits" in line for line in lines(after.facts))


def test_signed_values_need_a_range(fill: Fill) -> None:
    root = fill(-1000, 3000, "int32", "tif", tiffinfo={339: 2})
    with pytest.raises(RequestError, match=r"values -\d+ to 2999, whose range cannot be known; set data\.range"):
        opened(root)
    assert brightest(opened(root, range=[-1024.0, 3071.0])) in range(245, 256)


def test_floats_need_a_range_or_the_tags(fill: Fill, tmp_path: Path) -> None:
    root = fill(0, 1, "float32", "tif")
    with pytest.raises(RequestError, match=r"values 0.* to 1, whose range cannot be known; set data\.range"):
        opened(root)
    assert brightest(opened(root, range=[0.0, 1.0])) == 255
    collection = opened(fill(0, 1, "float32", "tif", tiffinfo={340: 0.0, 341: 2.0}))
    assert collection.facts.values.range == (0.0, 2.0)
    assert brightest(collection) == 128
    assert any("of their tags" in line for line in lines(collection.facts))


def test_white_is_zero_of_16_bits_is_turned_round(tmp_path: Path) -> None:
    values = np.array([[0, 256, 65535]], np.uint16)
    Image.fromarray(values).save(tmp_path / "a.tif", tiffinfo={262: 0})
    content = (tmp_path / "a.tif").read_bytes()
    at = content.index(b"\x06\x01\x03\x00")  # where Pillow has written its own choice
    (tmp_path / "a.tif").write_bytes(content[: at + 8] + b"\0\0" + content[at + 10 :])
    np.testing.assert_array_equal(decode(tmp_path / "a.tif")[..., 0], [[255, 254, 0]])


def test_12_significant_bits_of_a_png_are_the_range_where_the_values_agree() -> None:
    low = [Values("wide", 0, 4000, FULL_16, (0.0, 4095.0)), Values("wide", 0, 90, FULL_16, (0.0, 4095.0))]
    assert resolve_range(low, None)[0] == (0.0, 4095.0)
    assert resolve_range([*low, Values("wide", 0, 65520, FULL_16, (0.0, 4095.0))], None)[0] == FULL_16


def test_files_of_different_ranges_are_refused() -> None:
    images = [Values("wide", 0, 4000, (0.0, 4095.0)), Values("wide", 0, 65000, FULL_16)]
    with pytest.raises(RequestError, match=r"one range .*Received: 2, \[0, 4095\], \[0, 65535\]"):
        resolve_range(images, None)


def test_images_without_a_range_beside_others_are_refused() -> None:
    known, signed = Values("wide", 0, 65000, FULL_16), Values("wide", -200, 3000, None)
    with pytest.raises(RequestError, match=r"Received: \[0, 65535\] of 1 images, and values -200 to 3000 of another"):
        resolve_range([known, signed], None)
    assert resolve_range([known, signed], FULL_16)[0] == FULL_16
    scaled = Values("wide", 0, 1, None)
    assert resolve_range([known, scaled], None)[0] == FULL_16
    assert "values 0 to 1, but data.range = [0, 65535]" in scaled.unusable(FULL_16)


def test_whole_numbers_and_numbers_around_1_are_not_mixed(tmp_path: Path) -> None:
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(tmp_path / "a.png")
    Image.fromarray(np.arange(64, dtype=np.uint16).reshape(8, 8) * 1000).save(tmp_path / "b.png")
    for name in ("a.png", "b.png"):
        with pytest.raises(RequestError, match=r"but data\.range = \[0, 1\]; convert it"):
            read(tmp_path / name, (8, 8, 1), "fill", "predict", (0.0, 1.0))
    Image.fromarray(np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)).save(tmp_path / "c.tif")
    assert read(tmp_path / "c.tif", (8, 8, 1), "fill", "predict", (0.0, 1.0)).max() == 255
    with pytest.raises(RequestError, match=r"values 0 to 1, but data\.range = \[0, 65535\]; convert it"):
        read(tmp_path / "c.tif", (8, 8, 1), "fill", "predict", FULL_16)


def test_a_range_beside_the_values_is_refused(fill: Fill) -> None:
    with pytest.raises(RequestError, match=r"values, .* to 65535\. Received: \[70000, 80000\]"):
        opened(fill(0, 65536), range=[70000.0, 80000.0])


def test_16_bit_colours_of_small_values_are_refused(tmp_path: Path) -> None:
    images = [Values("wide colour", 0, 0, FULL_16), Values("wide colour", 0, 3840, FULL_16)]
    with pytest.raises(RequestError, match=r"convert them to 8 bits, since of colours only the upper 8 are read"):
        resolve_range(images, None)
    assert "cannot be applied" in images[0].unusable((0.0, 4095.0))


def test_an_image_given_alone_is_mapped_as_the_runs(tmp_path: Path) -> None:
    Image.fromarray(np.full((8, 8), 4095, np.uint16)).save(tmp_path / "a.png")
    assert read(tmp_path / "a.png", (8, 8, 1), "fill", "predict", (0.0, 4095.0)).max() == 255
    with pytest.raises(RequestError, match=r"predict: .*whose range cannot be known; set data\.range = \[0, 4095\]"):
        read(tmp_path / "a.png", (8, 8, 1), "fill", "predict")


def arrays(path: Path, images: np.ndarray) -> Path:
    labels = np.arange(len(images)) % 2
    np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)
    return path


def test_arrays_of_0_and_1_are_refused_or_scaled(tmp_path: Path) -> None:
    path = arrays(tmp_path / "a.npz", RANDOM.integers(0, 2, (20, 8, 8), np.uint8))
    with pytest.raises(RequestError, match=r"Received: 0 to 1 over all images; set data\.range = \[0, 1\]"):
        opened(path)
    collection = opened(path, range=[0.0, 1.0])
    assert set(np.unique(collection.train.load([0, 1]))) == {0, 255}
    assert brightest(opened(path, range=[0.0, 255.0])) == 1


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint16", "int16", "bool"])
def test_arrays_of_other_types_are_taken_with_a_range(tmp_path: Path, dtype: str) -> None:
    path = arrays(tmp_path / "a.npz", RANDOM.integers(0, 2, (20, 8, 8)).astype(dtype))
    with pytest.raises(RequestError, match=rf"Received: {dtype}; .*set data\.range to it, such as \[0, 1\]"):
        opened(path)
    assert brightest(opened(path, range=[0.0, 1.0])) == 255


def test_numbers_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    path = arrays(tmp_path / "a.npz", np.full((20, 8, 8), np.nan, np.float32))
    with pytest.raises(RequestError, match="expected finite numbers"):
        opened(path, range=[0.0, 1.0])


def test_known_data_sets_take_no_range() -> None:
    with pytest.raises(RequestError, match=r"^data\.range: expected 'auto' for digits"):
        opened(Path("digits"), range=[0.0, 1.0])


def test_a_range_rises() -> None:
    with pytest.raises(ValueError, match="low below high"):
        DataRecipe(range=[1.0, 1.0])
