"""The operations of the policies, and the parameter values of their levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from augment.geometric import Matrix, Rotate, ShearX, ShearY, TranslateX, TranslateY
from augment.photometric import (
    AutoContrast,
    Brightness,
    Color,
    Contrast,
    Equalize,
    Invert,
    Posterize,
    Sharpness,
    Solarize,
)
from augment.transform import Transform


@dataclass(frozen=True)
class Operation:
    """A transform and the values of its parameter from level 0 to level 1.

    Args:
        transform: what is applied.
        parameter: the parameter that the level sets; empty if there is none.
        low: its value at level 0.
        high: its value at level 1.
        mirrored: whether the value may lie on either side of `low`, by chance.
        whole: whether it is rounded to a whole number.
    """

    transform: Transform
    parameter: str = ""
    low: float = 0.0
    high: float = 0.0
    mirrored: bool = False
    whole: bool = False

    def at(self, level: Any, sign: Any) -> Any:
        """Return the values at levels (n,) in [0, 1], on the side that sign (n,), -1 or 1, chooses."""
        value = self.low + (self.high - self.low) * level * (sign if self.mirrored else 1.0)
        return np.round(value) if self.whole else value

    def params(self, value: Any) -> dict[str, Any]:
        """Return the transform's parameters for values (n,)."""
        if not self.parameter:
            return {}
        return {self.parameter: value.astype(np.int64) if self.whole else value}


class _PixelsX(TranslateX):
    """A shift to the left in pixels, as the policies count it."""

    def matrix(self, value: float, width: int, height: int) -> Matrix:
        return 1.0, 0.0, value, 0.0, 1.0, 0.0


class _PixelsY(TranslateY):
    """A shift upwards in pixels, as the policies count it."""

    def matrix(self, value: float, width: int, height: int) -> Matrix:
        return 1.0, 0.0, 0.0, 0.0, 1.0, value


Space = dict[str, Operation]
_ENHANCEMENTS: dict[str, Any] = {"brightness": Brightness, "color": Color, "contrast": Contrast, "sharpness": Sharpness}


def _common(shear: float, degrees: float, bits: int, resample: str, fill: int) -> Space:
    moves: dict[str, Any] = {"resample": resample, "fill": fill}
    return {
        "shear_x": Operation(ShearX(**moves), "shear", 0.0, shear, mirrored=True),
        "shear_y": Operation(ShearY(**moves), "shear", 0.0, shear, mirrored=True),
        "rotate": Operation(Rotate(**moves), "degrees", 0.0, degrees, mirrored=True),
        "posterize": Operation(Posterize(), "bits", 8, bits, whole=True),
        "solarize": Operation(Solarize(), "threshold", 256.0, 0.0),
        "auto_contrast": Operation(AutoContrast(), "cutoff"),
        "equalize": Operation(Equalize()),
    }


def _shifts(resample: str, fill: int) -> Space:
    moves: dict[str, Any] = {"resample": resample, "fill": fill}
    most = 150 / 331  # table 6 gives pixels of the authors' ImageNet images, whose sides are 331
    return {
        "translate_x": Operation(TranslateX(**moves), "fraction", 0.0, most, mirrored=True),
        "translate_y": Operation(TranslateY(**moves), "fraction", 0.0, most, mirrored=True),
    }


def _strengths(most: float) -> Space:
    return {name: Operation(cls(), "factor", 1.0, 1.0 + most, mirrored=True) for name, cls in _ENHANCEMENTS.items()}


def authors_space(resample: str, fill: int) -> Space:
    """Return AutoAugment's operations, with factors that rise from 0.1 to 1.9."""
    factors = {name: Operation(cls(), "factor", 0.1, 1.9) for name, cls in _ENHANCEMENTS.items()}
    common = _common(0.3, 30.0, 4, resample, fill)
    return common | _shifts(resample, fill) | factors | {"invert": Operation(Invert())}


def strength_space(resample: str, fill: int) -> Space:
    """Return RandAugment's operations except the identity; a level is the distance from it."""
    return _common(0.3, 30.0, 4, resample, fill) | _shifts(resample, fill) | _strengths(0.9)


def wide_space(resample: str, fill: int) -> Space:
    """Return TrivialAugment's operations except the identity, in their wide ranges."""
    moves: dict[str, Any] = {"resample": resample, "fill": fill}
    shifts = {
        "translate_x": Operation(_PixelsX(**moves), "fraction", 0.0, 32.0, mirrored=True),
        "translate_y": Operation(_PixelsY(**moves), "fraction", 0.0, 32.0, mirrored=True),
    }
    return _common(0.99, 135.0, 2, resample, fill) | shifts | _strengths(0.99)
