"""Sample images as JPEG and PNG files of many kinds, for the verification of an export."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from kerasae.data import decoding
from kerasae.data.resizing import Resize, compiled_resize
from kerasae.data.value_range import FULL_16, Range, scales_8_bits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NUM_SAMPLES = 32


def _saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _in_16_bits(image: Image.Image) -> Image.Image:
    """Return an image as 16-bit grey, with a white pixel, without which it may pass for one of fewer bits."""
    values = np.asarray(image.convert("L")).astype(np.uint16) * 257
    values[0, 0] = 0xFFFF
    return Image.fromarray(values)


# Writers of files of 8 bits and fewer; each takes an RGB image.
_WRITERS: list[Callable[[Image.Image], bytes]] = [
    lambda image: _saved(image.convert("L")),
    lambda image: _saved(image.convert("1")),
    lambda image: _saved(image.quantize(4)),
    lambda image: _saved(image.quantize(16)),
    lambda image: _saved(image.quantize(16), transparency=1),
    lambda image: _saved(image.quantize(200)),
    _saved,
    lambda image: _saved(image, transparency=image.getpixel((0, 0))),
    lambda image: _saved(image.convert("L"), transparency=image.convert("L").getpixel((0, 0))),
    lambda image: _saved(Image.merge("RGBA", (*image.split(), image.convert("L")))),
    lambda image: _saved(Image.merge("LA", (image.convert("L"),) * 2)),
    lambda image: _saved(image, "JPEG"),
    lambda image: _saved(image, "JPEG", progressive=True, subsampling="4:4:4"),
    lambda image: _saved(image.convert("L"), "JPEG"),
]


def writers_for(limits: Range | None) -> list[Callable[[Image.Image], bytes]]:
    """Return writers for the kinds of files that the export of a run with this `data.range` takes."""
    if scales_8_bits(limits):
        return []
    return [*_WRITERS, lambda image: _saved(_in_16_bits(image))] if limits == FULL_16 else _WRITERS


def encoded(images: np.ndarray, limits: Range | None) -> list[bytes]:
    """Write images as PNG and JPEG files, of each kind in turn; every other one is enlarged.

    Args:
        images: uint8 (n, height, width, channels).
        limits: the run's range of values.

    Returns:
        The bytes of each file, which never end in a zero byte; an empty list if the export takes no files.
    """
    writers = writers_for(limits)
    files: list[bytes] = []
    if not writers:
        return files
    for index, values in enumerate(images):
        image = Image.fromarray(values.squeeze(-1) if values.shape[-1] == 1 else values).convert("RGB")
        if index % 2:
            image = image.resize((image.width * 2 + 1, image.height * 3), Image.Resampling.BILINEAR)
        files.append(writers[index % len(writers)](image))
    return files


def decoded(files: Sequence[bytes], image_shape: tuple[int, ...], mode: Resize, limits: Range | None) -> np.ndarray:
    """Read files as training does: uint8 (n, height, width, channels)."""
    height, width, channels = image_shape
    resize = compiled_resize((height, width, channels), mode)
    return np.stack([resize(decoding.decode(io.BytesIO(file), limits)).numpy() for file in files])
