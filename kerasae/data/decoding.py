"""The one way in which image files are decoded: by Pillow, upright, to 8 bits."""

from __future__ import annotations

import contextlib
import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pi_heif
from PIL import Image, TiffImagePlugin

from kerasae.data import png
from kerasae.data.metadata import UPRIGHT, is_white_zero, orientation, stored_values
from kerasae.data.value_range import FULL_16, Range, Values, declared, scale, scales_8_bits

_SUFFIXES = ".jpg .jpeg .jpe .jfif .png .bmp .dib .gif .webp .tif .tiff .ppm .pgm .pbm .pnm .avif .heic .heif .jp2 .tga"
SUFFIXES = frozenset(_SUFFIXES.split())
MAX_PIXELS = 90_000_000

# Image formats alone: Pillow would pass an EPS file named x.jpg to an external program.
Image.init()
pi_heif.register_heif_opener()  # what iPhones write
_FORMATS: list[str] = [
    name
    for name in ("JPEG", "MPO", "PNG", "BMP", "DIB", "GIF", "WEBP", "TIFF", "PPM", "AVIF", "HEIF", "JPEG2000", "TGA")
    if name in Image.OPEN
]


@dataclass(frozen=True)
class Stored:
    """An image as its file holds it, upright.

    Attributes:
        pixels: (height, width, channels), channels 1 or 3: uint8, or one channel of another type.
        alpha: uint8 (height, width, 1), 255 where nothing is transparent, or None.
        values: what the numbers in `pixels` mean.
        mode: Pillow's name for how they are stored, such as "RGBA".
        white_is_zero: whether the numbers count from white to black.
    """

    pixels: np.ndarray
    alpha: np.ndarray | None
    values: Values
    mode: str
    white_is_zero: bool = False


def decode(file: str | Path | BinaryIO, limits: Range | None = None) -> np.ndarray:
    """Read one image, upright.

    Grey images keep one channel, all others get three. Transparent pixels are blended with white. Of an animation, the
    first frame is read. Only the pixels and the orientation are read, since other metadata may be damaged.

    Args:
        file: a path, or a file at its start.
        limits: the range of stored values that becomes 0 to 255, for images of more than 8 bits, and for those of 8
            bits if it is a range of 8-bit values; None takes the file's own, which for 16 bits keeps the upper 8.

    Returns:
        uint8 (height, width, channels), channels 1 or 3, [0, 255].

    Raises:
        OSError, ValueError, SyntaxError: whatever Pillow raises for what it cannot read; `ValueError` also for more
            than `MAX_PIXELS` pixels, for numbers that are not finite, for pixels whose range cannot be known (floats,
            signed numbers, more than 8 bits that use little of their range) if `limits` is None, and for a PNG of
            16-bit colours of which one is transparent.
    """
    return to_8_bits(read_stored(file), limits)


def to_8_bits(stored: Stored, limits: Range | None) -> np.ndarray:
    """Map an image's numbers to uint8 (height, width, channels) as `decode` says."""
    pixels, values = stored.pixels, stored.values
    if reason := values.unusable(limits):
        raise ValueError(reason)
    if values.kind == "wide":
        pixels = scale(pixels, limits or declared([values]) or FULL_16)
    elif values.kind == "8 bits" and limits is not None and scales_8_bits(limits):
        pixels = scale(pixels, limits)
    if stored.white_is_zero:
        pixels = 255 - pixels
    if stored.alpha is None:
        return np.ascontiguousarray(pixels)
    alpha = stored.alpha.astype(np.uint16)
    blended = pixels * alpha
    blended += 255 * (255 - alpha) + 127
    blended //= 255
    return np.ascontiguousarray(blended.astype(np.uint8))


def read_stored(file: str | Path | BinaryIO) -> Stored:
    """Read one image, upright, as it is stored; raises as `decode` does."""
    _silence_pillow()
    with contextlib.ExitStack() as stack:
        opened = stack.enter_context(Path(file).open("rb")) if isinstance(file, str | Path) else file
        significant_bits = 0
        start = opened.read(_LONGEST_START)
        opened.seek(-len(start), io.SEEK_CUR)
        if start.startswith(png.SIGNATURE):
            opened, significant_bits = png.pixels_alone(opened)
        elif start[4:].startswith(_AVIF):
            # AVIF stores the orientation as a property of the image. Its EXIF, which may be damaged, is hidden.
            opened = io.BytesIO(opened.read().replace(b"Exif", b"none", 1))
        image = stack.enter_context(Image.open(opened, formats=_FORMATS))
        if image.width * image.height > MAX_PIXELS:
            raise ValueError(f"{image.width}x{image.height} pixels, more than the maximum of {MAX_PIXELS:,}")
        mode = image.mode
        png.scale_transparency(image)
        wide_colour = any(";16" in str(tile.args) for tile in image.tile) and not mode.startswith("I")
        if isinstance(image, TiffImagePlugin.TiffImageFile):
            turn = orientation(image)
            image.load_end = lambda: None  # type: ignore[method-assign]  # it would rotate the image and rewrite its tags
            image.load()
            upright: Image.Image = image._new(image.im)  # noqa: SLF001
        else:
            image.load()  # before the orientation, which may be the last chunk of a PNG
            turn, upright = orientation(image), image
        pixels, alpha = _pixels(upright)
        values = stored_values(image, mode, pixels, wide_colour, significant_bits)
        return Stored(
            UPRIGHT[turn](pixels),
            None if alpha is None else UPRIGHT[turn](alpha),
            values,
            mode,
            values.kind == "wide" and is_white_zero(image),
        )


_AVIF = (b"ftypavif", b"ftypavis")
_LONGEST_START = 12  # bytes that tell PNG and AVIF, which Pillow gets in a changed form


def _pixels(image: Image.Image) -> tuple[np.ndarray, np.ndarray | None]:
    """Return pixels and alpha as `Stored` has them, not turned."""
    mode = image.mode
    if mode == "F" or mode.startswith("I"):
        values = np.asarray(image)[..., np.newaxis]
        clear = image.info.get("transparency")
        alpha = np.where(values == clear, 0, 255).astype(np.uint8) if isinstance(clear, int) else None
        return values, alpha
    grey = mode in ("1", "L", "LA", "La")
    if image.has_transparency_data:
        layers = _as(image, "LA" if grey else "RGBA")
        return layers[..., :-1], layers[..., -1:]
    return (_as(image, "L")[..., np.newaxis] if grey else _as(image, "RGB")), None


def _as(image: Image.Image, mode: str) -> np.ndarray:
    return np.asarray(image if image.mode == mode else image.convert(mode))


def _silence_pillow() -> None:
    # The scan reports odd and huge files itself, by name. `warnings.catch_warnings` is not safe in the threads that
    # decode, hence a permanent filter, set again wherever it was dropped.
    if not any(rule[0] == "ignore" and getattr(rule[3], "pattern", "") == _PILLOW for rule in warnings.filters):
        warnings.filterwarnings("ignore", module=_PILLOW)


_PILLOW = r"PIL\."
