"""Images that a program holds in memory: NumPy arrays and PIL images."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from kerasae.data.decoding import decode
from kerasae.data.resizing import Resize, compiled_resize
from kerasae.data.value_range import Range, scale, scales_8_bits
from kerasae.utils.errors import RequestError

ImageObject = np.ndarray | Image.Image
# Modes that PNG and TIFF store without loss; images of other modes are converted to RGB or RGBA.
_PNG_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
_TIFF_MODES = ("F", "I")
_ORIENTATION = 274  # the tag of TIFF 6.0


def read_object(
    image: ImageObject, image_shape: tuple[int, int, int], mode: Resize, key: str, limits: Range | None = None
) -> np.ndarray:
    """Bring an image in memory to a run's shape, as training would bring the same pixels in a file.

    Args:
        image: an array, uint8 (H, W) or (H, W, C) with C 1 or 3, [0, 255], or a PIL image, whose orientation tag is
            applied.
        image_shape: (H, W, C) of the run.
        mode: how the run resizes.
        key: begins an error.
        limits: the run's range of values, with which arrays may be of any real type, as in an .npz file.

    Returns:
        uint8 (H, W, C).

    Raises:
        RequestError: an array of another type or shape, or a PIL image that cannot be read.
    """
    if isinstance(image, np.ndarray):
        pixels = _pixels(image, key, limits)
    else:
        try:
            pixels = decode(_as_file(image), limits)
        except Exception as error:  # Pillow's decoders raise nearly anything on damaged files
            raise RequestError(
                key, expected="a PIL image that can be decoded", received=f"one that cannot: {error}"
            ) from None
    return np.asarray(compiled_resize(image_shape, mode)(pixels))


def _pixels(image: np.ndarray, key: str, limits: Range | None) -> np.ndarray:
    if image.dtype != np.uint8 and (limits is None or image.dtype.kind not in "buif"):
        raise RequestError(
            key,
            expected="uint8 images of 0 to 255",
            received=str(image.dtype),
            fix="convert them, such as (x * 255).round().astype('uint8') for values of 0 to 1",
        )
    pixels = image[..., np.newaxis] if image.ndim == 2 else image
    if pixels.ndim != 3 or 0 in pixels.shape or pixels.shape[2] not in (1, 3):
        raise RequestError(
            key, expected="images of shape (H, W) or (H, W, C) with 1 or 3 channels", received=f"shape {image.shape}"
        )
    if limits is None or (image.dtype == np.uint8 and not scales_8_bits(limits)):
        return pixels
    if image.dtype.kind == "f" and not np.isfinite(image).all():
        raise RequestError(key, expected="finite numbers", received=f"{image.dtype} with NaN or infinity")
    return scale(pixels, limits)


def _as_file(image: Image.Image) -> io.BytesIO:
    """Write a PIL image as a lossless file, so that it is decoded by the same rules as a file."""
    stored = image
    if image.mode not in (*_PNG_MODES, *_TIFF_MODES):
        stored = image.convert("RGBA" if image.has_transparency_data else "RGB")
    exif = Image.Exif()
    exif[_ORIENTATION] = image.getexif().get(_ORIENTATION, 1)
    file = io.BytesIO()
    stored.save(file, "TIFF" if stored.mode in _TIFF_MODES else "PNG", exif=exif)
    file.seek(0)
    return file
