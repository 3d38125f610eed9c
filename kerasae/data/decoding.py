"""The one way in which images are decoded (Pillow) and resized (TensorFlow), in training and when served."""

from __future__ import annotations

import contextlib
import functools
import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import numpy as np
import pi_heif
import tensorflow as tf
from PIL import Image, TiffImagePlugin

from kerasae.data import png
from kerasae.data.value_range import FULL_16, Range, Values, declared, scale, scales_8_bits

if TYPE_CHECKING:
    from collections.abc import Callable

Resize = Literal["fit", "fill", "stretch"]

_SUFFIXES = ".jpg .jpeg .jpe .jfif .png .bmp .dib .gif .webp .tif .tiff .ppm .pgm .pbm .pnm .avif .heic .heif .jp2 .tga"
SUFFIXES = frozenset(_SUFFIXES.split())
MAX_PIXELS = 90_000_000

# Only image formats: Pillow would hand an EPS named x.jpg to an outside program.
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

    Grey images keep one channel and all others get three; what is transparent is laid over white; of an animation the
    first frame is read. Nothing but the pixels and the orientation is read: other metadata may be damaged.

    Args:
        file: a path, or a file at its start.
        limits: the range of stored values that becomes 0 to 255, for images of more than 8 bits, and for those of 8
            bits where it lies within these; None takes the file's own, which for 16 bits keeps the upper 8.

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
        significant = 0
        start = opened.read(_LONGEST_START)
        opened.seek(-len(start), io.SEEK_CUR)
        if start.startswith(png.SIGNATURE):
            opened, significant = png.pixels_alone(opened)
        elif start[4:].startswith(_AVIF):
            # It is turned by a property of the image; its EXIF may be damaged, and gets a type that nothing reads.
            opened = io.BytesIO(opened.read().replace(b"Exif", b"none", 1))
        image = stack.enter_context(Image.open(opened, formats=_FORMATS))
        if image.width * image.height > MAX_PIXELS:
            raise ValueError(f"{image.width}x{image.height} pixels, more than the {MAX_PIXELS:,} that are read")
        mode = image.mode
        _scale_transparency(image)
        wide_colour = any(";16" in str(tile.args) for tile in image.tile) and not mode.startswith("I")
        if isinstance(image, TiffImagePlugin.TiffImageFile):
            turn = _orientation(image)
            image.load_end = lambda: None  # type: ignore[method-assign]  # which would turn it and write its tags again
            image.load()
            upright: Image.Image = image._new(image.im)  # noqa: SLF001
        else:
            image.load()  # before the orientation, which in a PNG may come last
            turn, upright = _orientation(image), image
        pixels, alpha = _pixels(upright)
        values = _values(image, mode, pixels, wide_colour, significant)
        return Stored(
            _TURNS[turn](pixels),
            None if alpha is None else _TURNS[turn](alpha),
            values,
            mode,
            values.kind == "wide" and _tag(image, _PHOTOMETRIC) == 0,
        )


_AVIF = (b"ftypavif", b"ftypavis")
_LONGEST_START = 12  # bytes by which those are told that are not given to Pillow as they are

# By TIFF 6.0 and its first technical note.
_BITS, _PHOTOMETRIC, _ORIENTATION, _SAMPLE_FORMAT, _SMALLEST, _LARGEST = 258, 262, 274, 339, 340, 341
_SIGNED, _FLOAT = 2, 3

# What makes an image upright by its orientation (CIPA DC-008, tag 274).
_TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda image: image,
    2: lambda image: image[:, ::-1],
    3: lambda image: image[::-1, ::-1],
    4: lambda image: image[::-1],
    5: lambda image: image.swapaxes(0, 1),
    6: lambda image: np.rot90(image, -1),
    7: lambda image: image[::-1, ::-1].swapaxes(0, 1),
    8: np.rot90,
}


def _orientation(image: Image.Image) -> int:
    """Return the orientation, 1 if there is none or it cannot be read: pixels are good without it."""
    try:
        turn = image.getexif().get(_ORIENTATION, 1)
        return turn if turn in _TURNS else 1
    except Exception:  # Pillow raises nearly anything on damaged metadata
        return 1


def _tag(image: Image.Image, tag: int) -> Any:
    """Return the first value of a TIFF tag, None if there is none."""
    try:
        value = image.tag_v2.get(tag)  # type: ignore[attr-defined]
        return value[0] if isinstance(value, tuple) else value
    except Exception:  # no TIFF, or a damaged tag
        return None


def _values(image: Image.Image, mode: str, pixels: np.ndarray, wide_colour: bool, significant: int) -> Values:
    if mode in ("1", "P", "PA"):
        return Values("colours")
    lowest, highest = float(pixels.min()), float(pixels.max())
    if not np.isfinite([lowest, highest]).all():
        raise ValueError("values that are not finite numbers")
    if wide_colour:
        return Values("wide colour", 256 * lowest, 256 * highest, FULL_16)
    if pixels.dtype == np.uint8:
        return Values("8 bits", lowest, highest)
    container: Range | None = FULL_16
    tagged: Range | None = (0.0, 2.0**significant - 1) if 0 < significant < 16 else None
    bits, smallest, largest = (_tag(image, tag) for tag in (_BITS, _SMALLEST, _LARGEST))
    if mode == "F" or _tag(image, _SAMPLE_FORMAT) in (_SIGNED, _FLOAT):
        container = None
    elif isinstance(bits, int) and 8 < bits < 16:
        container = (0.0, 2.0**bits - 1)
    if isinstance(smallest, int | float) and isinstance(largest, int | float) and smallest < largest:
        tagged = (float(smallest), float(largest))
    return Values("wide", lowest, highest, container, tagged)


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


def _scale_transparency(image: Image.Image) -> None:
    """Bring the grey level that a PNG file calls transparent to the scale of the pixels, which Pillow does not."""
    tiles = getattr(image, "tile", None)
    if image.format != "PNG" or "transparency" not in image.info or not tiles:
        return
    stored = tiles[0].args
    if stored in ("L;2", "L;4"):
        image.info["transparency"] *= 0xFF // (2 ** int(stored[-1]) - 1)
    elif stored == "RGB;16B":  # Pillow drops the lower bits before it compares
        raise ValueError("a transparent colour among 16-bit ones, which Pillow cannot tell from its neighbours")


def _as(image: Image.Image, mode: str) -> np.ndarray:
    return np.asarray(image if image.mode == mode else image.convert(mode))


def _silence_pillow() -> None:
    # Pillow warns of files that are odd or huge; the scan reports those itself, by name. `warnings.catch_warnings`
    # is not safe in the threads that decode, hence a filter that stays and is put back wherever it was dropped.
    if not any(rule[0] == "ignore" and getattr(rule[3], "pattern", "") == _PILLOW for rule in warnings.filters):
        warnings.filterwarnings("ignore", module=_PILLOW)


_PILLOW = r"PIL\."


def resize(image: tf.Tensor, image_shape: tuple[int, int, int], mode: Resize) -> tf.Tensor:
    """Bring images to `image_shape`, antialiased; for training and inside an export alike.

    Args:
        image: uint8 (height, width, channels) or (n, height, width, channels), of sizes known or not; channels 1 to
            4, where 2 and 4 end in alpha, which is laid over white.
        image_shape: (H, W, C), C 1 (luma of ITU-R BT.601, to the bit as Pillow) or 3.
        mode: "fit" keeps the whole image between black bars, "fill" the largest centre of the right proportions,
            "stretch" everything at whatever proportions.

    Returns:
        uint8 (H, W, C) or (n, H, W, C), [0, 255].
    """
    image = _with_channels(tf.convert_to_tensor(image), image_shape[2])
    target = image_shape[:2]
    if tuple(image.shape[-3:-1]) == target:
        return image
    size = tf.shape(image)[-3:-1]
    ratios = tf.cast(size, tf.float64) / tf.constant(target, tf.float64)
    new_size: tf.Tensor = tf.constant(target, tf.int32)
    if mode == "fill":
        # Crop first, then resize: a sliver of an image would grow without bound the other way round.
        crop = tf.clip_by_value(_rounded(tf.constant(target, tf.float64) * tf.reduce_min(ratios)), 1, size)
        start, stop = (size - crop) // 2, (size - crop) // 2 + crop
        image = image[..., start[0] : stop[0], start[1] : stop[1], :]
    elif mode == "fit":
        new_size = tf.clip_by_value(_rounded(tf.cast(size, tf.float64) / tf.reduce_max(ratios)), 1, new_size)
    resized = tf.image.resize(image, new_size, antialias=True)
    resized = tf.cast(tf.clip_by_value(tf.round(resized), 0.0, 255.0), tf.uint8)
    if mode == "fit":
        margin = (tf.constant(target, tf.int32) - new_size) // 2
        resized = tf.image.pad_to_bounding_box(resized, margin[0], margin[1], *target)
    return tf.ensure_shape(resized, [*image.shape[:-3], *image_shape])


@functools.cache
def compiled_resize(image_shape: tuple[int, int, int], mode: Resize) -> Callable[[np.ndarray], tf.Tensor]:
    """Return `resize` for one shape and mode as one call on an image of any size, without a graph for each size."""

    @tf.function(input_signature=[tf.TensorSpec([None, None, None], tf.uint8)], autograph=False)
    def compiled(image: tf.Tensor) -> tf.Tensor:
        with tf.device("CPU:0"):
            return resize(image, image_shape, mode)

    return compiled


def _rounded(values: tf.Tensor) -> tf.Tensor:
    return tf.cast(tf.round(values), tf.int32)


def _with_channels(image: tf.Tensor, channels: int) -> tf.Tensor:
    if image.shape[-1] is not None:
        converted = _convert(image, image.shape[-1], channels)
    else:
        branches = [functools.partial(_convert, image, given, channels) for given in (1, 2, 3, 4)]
        converted = tf.switch_case(tf.shape(image)[-1] - 1, branches)
    return tf.ensure_shape(converted, [*image.shape[:-1], channels])


def _convert(image: tf.Tensor, given: int, channels: int) -> tf.Tensor:
    if given in (2, 4):
        # 255 * 255 + 127 fits: no wider integers, which would take twice the memory of the image.
        values = tf.cast(image, tf.uint16)
        alpha = values[..., -1:]
        image = tf.cast((values[..., :-1] * alpha + 255 * (255 - alpha) + 127) // 255, tf.uint8)
        given -= 1
    if given == 3 and channels == 1:
        luma = tf.reduce_sum(tf.cast(image, tf.int32) * [19595, 38470, 7471], axis=-1, keepdims=True)
        return tf.cast((luma + 0x8000) // 0x10000, tf.uint8)
    return tf.repeat(image, 3, axis=-1) if given == 1 and channels == 3 else image
