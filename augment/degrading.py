"""Transforms that remove detail: blur and noise."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from augment import checks
from augment.draws import Draws, Keys, fold, mix, normal_quantiles
from augment.registry import register
from augment.transform import Images, Params, Ranged, to_pillow


@register("gaussian_blur")
class GaussianBlur(Ranged):
    """Blur: `PIL.ImageFilter.GaussianBlur`, three box blurs that approximate a Gaussian.

    Args:
        radius_range: lowest and highest standard deviation, in pixels, [0, 100].
        probability: that an image is changed, in [0, 1].
    """

    parameter = "radius"

    def __init__(self, radius_range: tuple[float, float] = (0.0, 2.0), *, probability: float = 1.0) -> None:
        super().__init__(probability=probability)
        self.radius_range = checks.interval(self, "radius_range", radius_range, 0.0, 100.0)

    def apply(self, image: Image.Image, *, radius: float) -> Image.Image:  # type: ignore[override]
        """Blur by Pillow."""
        return image.filter(ImageFilter.GaussianBlur(float(radius)))

    def batch(self, images: Images, *, radius: Any) -> Images:  # type: ignore[override]
        """Blur each image."""
        from augment.native import blur

        box = box_radii(radius)
        radii = np.where(radius > 0, np.floor(box), -1).astype(np.int64)
        inner = (np.float32(1 << 24) / (box * np.float32(2) + np.float32(1))).astype(np.uint32)
        outer = ((1 << 24) - (2 * np.maximum(radii, 0) + 1) * inner.astype(np.int64)) // 2
        return blur.gaussian(np.ascontiguousarray(images), radii, inner, outer.astype(np.uint32))


def box_radii(deviations: Any) -> Any:
    """Return the radii of three successive box blurs with the variance of a Gaussian: float32 (n,), in pixels.

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


@register("gaussian_noise")
class GaussianNoise(Ranged):
    """Independent normal noise on every value, rounded and clipped. (Pillow's `effect_noise` takes no seed.)

    The noise takes 65,536 equally likely values within 4.3 deviations, from a table of quantiles, so that every
    engine adds the same.

    Args:
        deviation_range: lowest and highest standard deviation, in [0, 255] levels.
        probability: that an image is changed, in [0, 1].
    """

    parameter = "deviation"

    def __init__(self, deviation_range: tuple[float, float] = (0.0, 16.0), *, probability: float = 1.0) -> None:
        super().__init__(probability=probability)
        self.deviation_range = checks.interval(self, "deviation_range", deviation_range, 0.0, 255.0)

    def sample(self, draws: Draws) -> Params:
        """Return `deviation`, uniform in its range, and `key`, a 64-bit seed of the image's noise."""
        return {**super().sample(draws), "key": draws.bits()}

    def apply(self, image: Image.Image, *, deviation: float, key: int) -> Image.Image:  # type: ignore[override]
        """Add the noise of `key` with NumPy."""
        pixels = np.atleast_3d(np.asarray(image))
        counters = np.arange((pixels.size + 3) // 4).astype(np.uint64)
        bits = mix(fold(np.array([key], np.uint64), 0) + counters)
        noise = normal_quantiles()[_quarters(bits)[: pixels.size]] * np.float32(deviation)
        noisy = np.floor(np.clip(pixels.ravel() + noise + np.float32(0.5), 0, 255)).astype(np.uint8)
        return to_pillow(noisy.reshape(pixels.shape))

    def batch(self, images: Images, *, deviation: Any, key: Any) -> Images:  # type: ignore[override]
        """Add each image's noise."""
        from augment.native import noise

        flat = images.reshape(len(images), -1)
        keys = fold(key, 0)
        return noise.add(flat, keys, deviation.astype(np.float32), normal_quantiles()).reshape(images.shape)


def _quarters(bits: Keys) -> Any:
    shifts = np.array([0, 16, 32, 48], np.uint64)
    return ((bits[:, None] >> shifts) & np.uint64(0xFFFF)).astype(np.int64).ravel()
