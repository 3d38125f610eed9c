"""The transform that takes detail away."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from augment import checks
from augment.draws import Draws
from augment.registry import register
from augment.transform import Images, Params, Transform


@register("gaussian_blur")
class GaussianBlur(Transform):
    """Blur: `PIL.ImageFilter.GaussianBlur`, three box blurs that come near a Gaussian.

    Args:
        radius_range: lowest and highest standard deviation, in pixels, [0, 100].
        probability: how likely a picture is changed at all, in [0, 1].
    """

    def __init__(self, radius_range: tuple[float, float] = (0.0, 2.0), *, probability: float = 1.0) -> None:
        super().__init__(probability=probability)
        self.radius_range = checks.interval(self, "radius_range", radius_range, 0.0, 100.0)

    def sample(self, draws: Draws) -> Params:
        """Return `radius`, uniform in `radius_range`."""
        return {"radius": draws.uniform(*self.radius_range)}

    def spread(self, num: int) -> Params:
        """Return radii evenly spaced over `radius_range`."""
        return {"radius": np.linspace(*self.radius_range, num)}

    def apply(self, image: Image.Image, *, radius: float) -> Image.Image:  # type: ignore[override]
        """Blur by Pillow."""
        return image.filter(ImageFilter.GaussianBlur(float(radius)))

    def batch(self, images: Images, *, radius: Any) -> Images:  # type: ignore[override]
        """Blur each picture."""
        from augment.native import blur

        box = box_radii(radius)
        whole = np.where(radius > 0, np.floor(box), -1).astype(np.int64)
        inner = (np.float32(1 << 24) / (box * np.float32(2) + np.float32(1))).astype(np.uint32)
        outer = ((1 << 24) - (2 * np.maximum(whole, 0) + 1) * inner.astype(np.int64)) // 2
        return blur.gaussian(np.ascontiguousarray(images), whole, inner, outer.astype(np.uint32))


def box_radii(deviations: Any) -> Any:
    """Return the radii of three box blurs in a row that spread as a Gaussian: float32 (n,), in pixels.

    The extended box filter of Gwosdek, Grewenig, Bruhn and Weickert 2011, "Theoretical foundations of Gaussian
    convolution by extended box filtering", in the single and double precision that Pillow mixes.
    """
    single, double = np.float32, np.float64
    variance = np.asarray(deviations, single) ** 2 / single(3)
    length = np.sqrt(12.0 * variance.astype(double) + 1.0).astype(single)
    whole = np.floor((length.astype(double) - 1.0) / 2.0).astype(single)
    one, following = single(1), whole + single(1)
    part = (single(2) * whole + one) * (whole * following - single(3) * variance)
    part /= single(6) * (variance - following * following)
    return whole + part
