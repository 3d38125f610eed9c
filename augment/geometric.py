"""Affine transforms: turns, shears and shifts."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from augment import checks
from augment.registry import register
from augment.transform import Images, Ranged, colour

Matrix = tuple[float, float, float, float, float, float]
_RESAMPLING = {"nearest": Image.Resampling.NEAREST, "bilinear": Image.Resampling.BILINEAR}
_LARGEST = 8192  # sides up to which Pillow's fixed-point arithmetic serves every sensible map


class Affine(Ranged):
    """What the affine transforms share: a map from the new image's pixels to the old one's.

    Args:
        resample: "nearest" takes the nearest pixel, "bilinear" mixes the four around.
        fill: the level, in [0, 255], of what comes in from outside.
        probability: that an image is changed, in [0, 1].
    """

    def __init__(self, *, resample: str = "nearest", fill: int = 0, probability: float = 1.0) -> None:
        super().__init__(probability=probability)
        self.resample = checks.choice(self, "resample", resample, tuple(_RESAMPLING))
        self.fill = checks.integer(self, "fill", fill, 0, 255)

    @abstractmethod
    def matrix(self, value: float, width: int, height: int) -> Matrix:
        """Return (a, b, c, d, e, f): the pixel at (x, y) comes from (ax + by + c, dx + ey + f), as in Pillow."""

    def apply(self, image: Image.Image, **params: Any) -> Image.Image:
        """Map the image by `Image.transform`."""
        matrix = self.matrix(params[self.parameter], *image.size)
        return image.transform(
            image.size,
            Image.Transform.AFFINE,
            matrix,
            _RESAMPLING[self.resample],
            fillcolor=colour(self.fill, image),
        )

    def batch(self, images: Images, **params: Any) -> Images:
        """Map each image by its matrix."""
        from augment.native import geometric

        height, width = images.shape[1:3]
        values: npt.NDArray[np.float64] = params[self.parameter]
        if max(height, width) > _LARGEST:
            return super().batch(images, **params)
        matrices = np.array([self.matrix(value, width, height) for value in values.tolist()], np.float64)
        kernel = geometric.affine_nearest if self.resample == "nearest" else geometric.affine_bilinear
        flat = images.reshape(len(images), -1)
        return kernel(flat, images.shape[1:], matrices, np.uint8(self.fill)).reshape(images.shape)


@register("rotate")
class Rotate(Affine):
    """A turn about the centre: `Image.rotate(degrees)`, the size kept.

    Args:
        degrees_range: lowest and highest angle, in [-360, 360] degrees; positive turns counter-clockwise.
        resample: "nearest" takes the nearest pixel, "bilinear" mixes the four around.
        fill: the level, in [0, 255], of what comes in from outside.
        probability: that an image is changed, in [0, 1].
    """

    parameter = "degrees"

    def __init__(
        self,
        degrees_range: tuple[float, float] = (-15.0, 15.0),
        *,
        resample: str = "nearest",
        fill: int = 0,
        probability: float = 1.0,
    ) -> None:
        super().__init__(resample=resample, fill=fill, probability=probability)
        self.degrees_range = checks.interval(self, "degrees_range", degrees_range, -360.0, 360.0)

    def apply(self, image: Image.Image, **params: Any) -> Image.Image:
        """Turn the image by `Image.rotate`."""
        return image.rotate(
            params["degrees"],
            _RESAMPLING[self.resample],
            fillcolor=colour(self.fill, image),
        )

    def matrix(self, value: float, width: int, height: int) -> Matrix:
        """Return Pillow's matrix of a turn about the centre, rounded as Pillow rounds it."""
        angle = -math.radians(value % 360.0)
        cos, sin, minus = round(math.cos(angle), 15), round(math.sin(angle), 15), round(-math.sin(angle), 15)
        x, y = width / 2, height / 2
        return cos, sin, cos * -x + sin * -y + 0.0 + x, minus, cos, minus * -x + cos * -y + 0.0 + y


@register("shear_x")
class ShearX(Affine):
    """A shear along the lines, the top line kept: `Image.transform(AFFINE, (1, shear, 0, 0, 1, 0))`.

    Args:
        shear_range: lowest and highest shear, in [-2, 2] pixels a line; positive moves the lower lines to the left.
        resample: "nearest" takes the nearest pixel, "bilinear" mixes the four around.
        fill: the level, in [0, 255], of what comes in from outside.
        probability: that an image is changed, in [0, 1].
    """

    parameter = "shear"

    def __init__(
        self,
        shear_range: tuple[float, float] = (-0.1, 0.1),
        *,
        resample: str = "nearest",
        fill: int = 0,
        probability: float = 1.0,
    ) -> None:
        super().__init__(resample=resample, fill=fill, probability=probability)
        self.shear_range = checks.interval(self, "shear_range", shear_range, -2.0, 2.0)

    def matrix(self, value: float, width: int, height: int) -> Matrix:
        """Return the matrix that shears along x."""
        return 1.0, value, 0.0, 0.0, 1.0, 0.0


@register("shear_y")
class ShearY(ShearX):
    """A shear along the columns, the left one kept: `Image.transform(AFFINE, (1, 0, 0, shear, 1, 0))`.

    Args:
        shear_range: lowest and highest shear, in [-2, 2] pixels a column; positive moves the right columns up.
        resample: "nearest" takes the nearest pixel, "bilinear" mixes the four around.
        fill: the level, in [0, 255], of what comes in from outside.
        probability: that an image is changed, in [0, 1].
    """

    def matrix(self, value: float, width: int, height: int) -> Matrix:
        """Return the matrix that shears along y."""
        return 1.0, 0.0, 0.0, value, 1.0, 0.0


@register("translate_x")
class TranslateX(Affine):
    """A shift to the side: `Image.transform(AFFINE, (1, 0, -fraction * width, 0, 1, 0))`.

    Args:
        fraction_range: lowest and highest shift, in [-1, 1] widths; positive moves the image to the right.
        resample: "nearest" moves by whole pixels, "bilinear" by parts of one too.
        fill: the level, in [0, 255], of what comes in from outside.
        probability: that an image is changed, in [0, 1].
    """

    parameter = "fraction"

    def __init__(
        self,
        fraction_range: tuple[float, float] = (-0.1, 0.1),
        *,
        resample: str = "nearest",
        fill: int = 0,
        probability: float = 1.0,
    ) -> None:
        super().__init__(resample=resample, fill=fill, probability=probability)
        self.fraction_range = checks.interval(self, "fraction_range", fraction_range, -1.0, 1.0)

    def matrix(self, value: float, width: int, height: int) -> Matrix:
        """Return the matrix that shifts along x."""
        return 1.0, 0.0, -value * width, 0.0, 1.0, 0.0


@register("translate_y")
class TranslateY(TranslateX):
    """A shift up or down: `Image.transform(AFFINE, (1, 0, 0, 0, 1, -fraction * height))`.

    Args:
        fraction_range: lowest and highest shift, in [-1, 1] heights; positive moves the image down.
        resample: "nearest" moves by whole pixels, "bilinear" by parts of one too.
        fill: the level, in [0, 255], of what comes in from outside.
        probability: that an image is changed, in [0, 1].
    """

    def matrix(self, value: float, width: int, height: int) -> Matrix:
        """Return the matrix that shifts along y."""
        return 1.0, 0.0, 0.0, 0.0, 1.0, -value * height
