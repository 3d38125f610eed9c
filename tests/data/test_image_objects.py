"""Images in memory are read as the same pixels in a file."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kerasae.data.image_inputs import read
from kerasae.data.image_objects import read_object
from kerasae.utils.errors import RequestError

PIXELS = np.random.default_rng(0).integers(0, 256, (11, 9, 4), np.uint8)
SHAPES = [(11, 9, 1), (6, 6, 3)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr"])
def test_pil_images(mode: str, shape: tuple[int, int, int], tmp_path: Path) -> None:
    image = Image.fromarray(PIXELS).convert("RGB" if mode in ("CMYK", "YCbCr") else "RGBA").convert(mode)
    path = tmp_path / ("image.tiff" if mode in ("CMYK", "YCbCr") else "image.png")  # whichever stores all of it
    image.save(path)
    np.testing.assert_array_equal(read_object(image, shape, "fill", "x"), read(path, shape, "fill", "x"))


def test_a_pil_image_of_16_bits(tmp_path: Path) -> None:
    image = Image.fromarray(np.arange(0, 65536, 661, np.uint16).reshape(10, 10))
    image.save(tmp_path / "wide.png")
    for limits in (None, (0.0, 4095.0)):
        np.testing.assert_array_equal(
            read_object(image, (10, 10, 1), "fill", "x", limits),
            read(tmp_path / "wide.png", (10, 10, 1), "fill", "x", limits),
        )


def test_a_photograph_is_turned_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    path = tmp_path / "turned.jpg"
    Image.fromarray(PIXELS[..., :3]).save(path, exif=exif)
    with Image.open(path) as image:
        pixels = read_object(image, (9, 11, 3), "fill", "x")
    np.testing.assert_array_equal(pixels, read(path, (9, 11, 3), "fill", "x"))


@pytest.mark.parametrize("channels", [0, 1, 3])
def test_arrays(channels: int, tmp_path: Path) -> None:
    array = PIXELS[..., :channels] if channels else PIXELS[..., 0]
    path = tmp_path / "image.png"
    Image.fromarray(array.squeeze()).save(path)
    for shape in SHAPES:
        np.testing.assert_array_equal(read_object(array, shape, "fit", "x"), read(path, shape, "fit", "x"))


def test_arrays_of_another_range_are_mapped() -> None:
    mapped = read_object(np.array([[0.0, 0.5], [1.0, 2.0]]), (2, 2, 1), "fill", "x", (0.0, 1.0))
    np.testing.assert_array_equal(mapped[..., 0], [[0, 128], [255, 255]])


@pytest.mark.parametrize(
    ("array", "limits", "message"),
    [
        (np.zeros((2, 2)), None, r"x: expected uint8 images of 0 to 255\. Received: float64; convert them"),
        (np.zeros((2, 2, 2), np.uint8), None, r"x: expected images of shape .*\. Received: shape \(2, 2, 2\)"),
        (np.zeros((1, 2, 2, 3), np.uint8), None, r"x: .*shape \(1, 2, 2, 3\)"),
        (np.zeros((0, 2), np.uint8), None, r"x: .*shape \(0, 2\)"),
        (np.full((2, 2), np.nan), (0.0, 1.0), r"x: expected finite numbers\. Received: float64 with NaN"),
    ],
)
def test_other_arrays_are_refused(array: np.ndarray, limits: tuple | None, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        read_object(array, (2, 2, 1), "fill", "x", limits)


def test_a_damaged_pil_image_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "torn.png"
    Image.fromarray(PIXELS).save(path)
    path.write_bytes(path.read_bytes()[:200])
    with Image.open(path) as image, pytest.raises(RequestError, match="x: expected a PIL image that can be decoded"):
        read_object(image, (2, 2, 1), "fill", "x")
