"""The one way in which pictures are decoded (Pillow) and resized (TensorFlow), in training and when served."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
import pi_heif
import tensorflow as tf
from PIL import Image, ImageOps

Resize = Literal["fit", "fill", "stretch"]

_SUFFIXES = ".jpg .jpeg .jpe .jfif .png .bmp .dib .gif .webp .tif .tiff .ppm .pgm .pbm .pnm .avif .heic .heif .jp2 .tga"
SUFFIXES = frozenset(_SUFFIXES.split())
MAX_PIXELS = 90_000_000

# Only picture formats: Pillow would hand an EPS named x.jpg to an outside program.
Image.init()
pi_heif.register_heif_opener()  # what iPhones write
_FORMATS: list[str] = [
    name
    for name in ("JPEG", "MPO", "PNG", "BMP", "DIB", "GIF", "WEBP", "TIFF", "PPM", "AVIF", "HEIF", "JPEG2000", "TGA")
    if name in Image.OPEN
]


def decode(file: str | Path | BinaryIO) -> np.ndarray:
    """Read one picture, upright.

    Grey pictures keep one channel and all others get three; what is transparent is laid over white; of 16 bits the
    upper 8 are kept, as PNG decoders do; of an animation the first frame is read.

    Returns:
        uint8 (height, width, channels), channels 1 or 3, [0, 255].

    Raises:
        OSError, ValueError, SyntaxError: whatever Pillow raises for what it cannot read; `ValueError` also for more
            than `MAX_PIXELS` pixels and for pixels whose range cannot be known (floats, or 32 bits beyond 16 or
            within 8).
    """
    return decode_with_mode(file)[0]


def decode_with_mode(file: str | Path | BinaryIO) -> tuple[np.ndarray, str]:
    """Read one picture as `decode` does; also return Pillow's name for how its pixels are stored, such as "RGBA"."""
    _silence_pillow()
    with Image.open(file, formats=_FORMATS) as image:
        if image.width * image.height > MAX_PIXELS:
            raise ValueError(f"{image.width}x{image.height} pixels, more than the {MAX_PIXELS:,} that are read")
        mode = image.mode
        ImageOps.exif_transpose(image, in_place=True)
        return np.ascontiguousarray(_pixels(image)), mode


def _pixels(image: Image.Image) -> np.ndarray:
    mode = image.mode
    if mode == "F":
        raise ValueError("floating-point pixels, whose range cannot be known")
    if mode.startswith("I"):
        values = np.asarray(image)
        if values.min() < 0 or values.max() > 0xFFFF:
            raise ValueError("32-bit pixels beyond 16 bits, whose range cannot be known")
        if values.itemsize == 4 and 0 < values.max() <= 0xFF:
            raise ValueError("32-bit pixels within 8 bits, whose range cannot be known")
        return (values >> 8).astype(np.uint8)[..., np.newaxis]
    grey = mode in ("1", "L", "LA", "La")
    if image.has_transparency_data:
        values = _as(image, "LA" if grey else "RGBA")
        alpha = values[..., -1:].astype(np.uint16)
        blended = values[..., :-1] * alpha
        blended += 255 * (255 - alpha) + 127
        blended //= 255
        return blended.astype(np.uint8)
    return _as(image, "L")[..., np.newaxis] if grey else _as(image, "RGB")


def _as(image: Image.Image, mode: str) -> np.ndarray:
    return np.asarray(image if image.mode == mode else image.convert(mode))


def _silence_pillow() -> None:
    # Pillow warns of files that are odd or huge; the scan reports those itself, by name. `warnings.catch_warnings`
    # is not safe in the threads that decode, hence a filter that stays and is put back wherever it was dropped.
    if not any(rule[0] == "ignore" and getattr(rule[3], "pattern", "") == _PILLOW for rule in warnings.filters):
        warnings.filterwarnings("ignore", module=_PILLOW)


_PILLOW = r"PIL\."


def resize(image: tf.Tensor, image_shape: tuple[int, int, int], mode: Resize) -> tf.Tensor:
    """Bring pictures to `image_shape`, antialiased; for training and inside an export alike.

    Args:
        image: uint8 (height, width, channels) or (n, height, width, channels), of sizes known or not; channels 1 to
            4, where 2 and 4 end in alpha, which is laid over white.
        image_shape: (H, W, C), C 1 (luma of ITU-R BT.601, to the bit as Pillow) or 3.
        mode: "fit" keeps the whole picture between black bars, "fill" the largest centre of the right proportions,
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
        # Crop first, then resize: a sliver of a picture would grow without bound the other way round.
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
    """Return `resize` for one shape and mode as one call on a picture of any size, without a graph for each size."""

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
        values = tf.cast(image, tf.int32)
        alpha = values[..., -1:]
        image = tf.cast((values[..., :-1] * alpha + 255 * (255 - alpha) + 127) // 255, tf.uint8)
        given -= 1
    if given == 3 and channels == 1:
        luma = tf.reduce_sum(tf.cast(image, tf.int32) * [19595, 38470, 7471], axis=-1, keepdims=True)
        return tf.cast((luma + 0x8000) // 0x10000, tf.uint8)
    return tf.repeat(image, 3, axis=-1) if given == 1 and channels == 3 else image
