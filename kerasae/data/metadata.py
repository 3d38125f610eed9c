"""What the tags of an image's file say of its pixels: the orientation, and the range of the stored numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kerasae.data.value_range import FULL_16, Range, Values

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

# Tags of TIFF 6.0 and its first technical note.
_BITS, _PHOTOMETRIC, _ORIENTATION, _SAMPLE_FORMAT, _SMALLEST, _LARGEST = 258, 262, 274, 339, 340, 341
_SIGNED, _FLOAT = 2, 3

# What makes an image upright by its orientation (CIPA DC-008, tag 274).
UPRIGHT: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda image: image,
    2: lambda image: image[:, ::-1],
    3: lambda image: image[::-1, ::-1],
    4: lambda image: image[::-1],
    5: lambda image: image.swapaxes(0, 1),
    6: lambda image: np.rot90(image, -1),
    7: lambda image: image[::-1, ::-1].swapaxes(0, 1),
    8: np.rot90,
}


def orientation(image: Image.Image) -> int:
    """Return the orientation, a key of `UPRIGHT`; 1 if there is none or it cannot be read."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
        return value if value in UPRIGHT else 1
    except Exception:  # Pillow raises nearly anything on damaged metadata
        return 1


def is_white_zero(image: Image.Image) -> bool:
    """Return whether the numbers of a TIFF file count from white to black."""
    return _tag(image, _PHOTOMETRIC) == 0


def _tag(image: Image.Image, tag: int) -> Any:
    """Return the first value of a TIFF tag, None if there is none."""
    try:
        value = image.tag_v2.get(tag)  # type: ignore[attr-defined]
        return value[0] if isinstance(value, tuple) else value
    except Exception:  # no TIFF, or a damaged tag
        return None


def stored_values(image: Image.Image, mode: str, pixels: np.ndarray, wide_colour: bool, significant: int) -> Values:
    """Return what the numbers in `pixels` mean.

    Args:
        image: the opened file, for its tags.
        mode: Pillow's mode of the file.
        pixels: the numbers.
        wide_colour: whether the file holds colours of 16 bits.
        significant: how many bits of a value are significant, 0 if that is unknown.

    Raises:
        ValueError: a number is not finite.
    """
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
