"""Images as files of the kinds that people have, for the gate of an export."""

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


def _wide(image: Image.Image) -> Image.Image:
    """Return the grey of an image in 16 bits, with a white pixel lest it be taken for one of fewer bits."""
    values = np.asarray(image.convert("L")).astype(np.uint16) * 257
    values[0, 0] = 0xFFFF
    return Image.fromarray(values)


# Each takes an RGB image.
_KINDS: list[Callable[[Image.Image], bytes]] = [
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


def kinds(limits: Range | None) -> list[Callable[[Image.Image], bytes]]:
    """Return what writes the kinds of files that the export of a run with this `data.range` takes."""
    if scales_8_bits(limits):
        return []
    return [*_KINDS, lambda image: _saved(_wide(image))] if limits == FULL_16 else _KINDS


def encoded(images: np.ndarray, limits: Range | None) -> list[bytes]:
    """Write uint8 (n, height, width, channels) as PNG and JPEG files, of each kind in turn and every other one larger.

    Returns:
        The bytes of each; none ends in a zero byte. None at all where no kind is taken.
    """
    writers = kinds(limits)
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
    """Read such files as training does: uint8 (n, height, width, channels)."""
    height, width, channels = image_shape
    resize = compiled_resize((height, width, channels), mode)
    return np.stack([resize(decoding.decode(io.BytesIO(file), limits)).numpy() for file in files])
