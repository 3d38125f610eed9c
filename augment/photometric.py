"""Transforms of the values of pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from augment import checks
from augment.draws import Draws
from augment.registry import register
from augment.transform import Images, Params, Ranged, Transform


class Enhancement(Ranged):
    """What the four of `PIL.ImageEnhance` share: a blend of the image with a degenerate version of itself.

    Factor 1 leaves an image as it is, 0 gives the degenerate version, above 1 goes away from it, and below 0
    beyond it.

    Args:
        factor_range: the lowest and highest factor.
        probability: that an image is changed, in [0, 1].
    """

    parameter = "factor"

    def __init__(self, factor_range: tuple[float, float] = (0.5, 1.5), *, probability: float = 1.0) -> None:
        super().__init__(probability=probability)
        self.factor_range = checks.interval(self, "factor_range", factor_range, -100.0, 100.0)


@register("contrast")
class Contrast(Enhancement):
    """Contrast, against the mean grey level: `PIL.ImageEnhance.Contrast`."""

    def apply(self, image: Image.Image, *, factor: float) -> Image.Image:  # type: ignore[override]
        """Blend with an image of the mean grey level."""
        return ImageEnhance.Contrast(image).enhance(factor)

    def batch(self, images: Images, *, factor: Any) -> Images:  # type: ignore[override]
        """Blend each image with its mean grey level."""
        from augment.native import photometric

        means = photometric.grey_means(images.reshape(len(images), -1, images.shape[-1]))
        flat = images.reshape(len(images), -1)
        return photometric.blend_level(flat, means, factor.astype(np.float32)).reshape(images.shape)


@register("brightness")
class Brightness(Enhancement):
    """Brightness, against black: `PIL.ImageEnhance.Brightness`."""

    def apply(self, image: Image.Image, *, factor: float) -> Image.Image:  # type: ignore[override]
        """Blend with a black image."""
        return ImageEnhance.Brightness(image).enhance(factor)

    def batch(self, images: Images, *, factor: Any) -> Images:  # type: ignore[override]
        """Blend each image with black."""
        from augment.native import photometric

        flat, black = images.reshape(len(images), -1), np.zeros(len(images), np.float32)
        return photometric.blend_level(flat, black, factor.astype(np.float32)).reshape(images.shape)


@register("color")
class Color(Enhancement):
    """Saturation, against the grey version: `PIL.ImageEnhance.Color`. A grey image stays as it is."""

    def apply(self, image: Image.Image, *, factor: float) -> Image.Image:  # type: ignore[override]
        """Blend with the image's grey version."""
        return ImageEnhance.Color(image).enhance(factor)

    def batch(self, images: Images, *, factor: Any) -> Images:  # type: ignore[override]
        """Blend each image with its grey version."""
        from augment.native import photometric

        if images.shape[-1] == 1:
            return images
        flat = images.reshape(len(images), -1)
        return photometric.blend_grey(flat, factor.astype(np.float32)).reshape(images.shape)


@register("sharpness")
class Sharpness(Enhancement):
    """Sharpness, against a smoothed version whose border is the image's: `PIL.ImageEnhance.Sharpness`."""

    def apply(self, image: Image.Image, *, factor: float) -> Image.Image:  # type: ignore[override]
        """Blend with the smoothed image."""
        return ImageEnhance.Sharpness(image).enhance(factor)

    def batch(self, images: Images, *, factor: Any) -> Images:  # type: ignore[override]
        """Blend each image with its smoothed version."""
        from augment.native import photometric

        lines = images.reshape(*images.shape[:2], -1)
        smooth = photometric.blend_smooth(lines, factor.astype(np.float32), images.shape[-1])
        return smooth.reshape(images.shape)


@register("equalize")
class Equalize(Transform):
    """A flat histogram, each channel by itself: `PIL.ImageOps.equalize`.

    Args:
        probability: that an image is changed, in [0, 1].
    """

    def apply(self, image: Image.Image, **params: Any) -> Image.Image:
        """Equalize the histogram of each channel."""
        return ImageOps.equalize(image)

    def batch(self, images: Images, **params: Any) -> Images:
        """Equalize the histograms of each image."""
        from augment.native import photometric

        return photometric.equalize(images.reshape(len(images), -1, images.shape[-1])).reshape(images.shape)


@register("auto_contrast")
class AutoContrast(Ranged):
    """The full range of levels, each channel by itself: `PIL.ImageOps.autocontrast`.

    Args:
        cutoff_range: lowest and highest percentage of pixels, in [0, 50), to ignore at each end of the histogram.
        probability: that an image is changed, in [0, 1].
    """

    parameter = "cutoff"

    def __init__(self, cutoff_range: tuple[float, float] = (0.0, 0.0), *, probability: float = 1.0) -> None:
        super().__init__(probability=probability)
        self.cutoff_range = checks.interval(self, "cutoff_range", cutoff_range, 0.0, 49.9)

    def apply(self, image: Image.Image, *, cutoff: float) -> Image.Image:  # type: ignore[override]
        """Stretch the levels of each channel."""
        return ImageOps.autocontrast(image, cutoff)

    def batch(self, images: Images, *, cutoff: Any) -> Images:  # type: ignore[override]
        """Stretch the levels of each image."""
        from augment.native import photometric

        flat = images.reshape(len(images), -1, images.shape[-1])
        return photometric.autocontrast(flat, cutoff, cutoff).reshape(images.shape)


@register("invert")
class Invert(Transform):
    """The negative: `PIL.ImageOps.invert`.

    Args:
        probability: that an image is changed, in [0, 1].
    """

    def apply(self, image: Image.Image, **params: Any) -> Image.Image:
        """Return the negative."""
        return ImageOps.invert(image)

    def batch(self, images: Images, **params: Any) -> Images:
        """Return the negatives."""
        return 255 - images


@register("posterize")
class Posterize(Transform):
    """Fewer levels, by the highest bits of each value: `PIL.ImageOps.posterize`.

    Args:
        bits_range: lowest and highest number of bits to keep, whole numbers in [1, 8]; 8 changes nothing.
        probability: that an image is changed, in [0, 1].
    """

    def __init__(self, bits_range: tuple[int, int] = (4, 8), *, probability: float = 1.0) -> None:
        super().__init__(probability=probability)
        self.bits_range = checks.whole_interval(self, "bits_range", bits_range, 1, 8)

    def sample(self, draws: Draws) -> Params:
        """Return `bits`, uniform among the whole numbers of `bits_range`."""
        return {"bits": draws.integers(self.bits_range[0], self.bits_range[1] + 1)}

    def spread(self, num: int) -> Params:
        """Return numbers of bits evenly spaced over `bits_range`."""
        return {"bits": np.linspace(*self.bits_range, num).round().astype(np.int64)}

    def apply(self, image: Image.Image, *, bits: int) -> Image.Image:  # type: ignore[override]
        """Keep the highest bits."""
        return ImageOps.posterize(image, bits)

    def batch(self, images: Images, *, bits: Any) -> Images:  # type: ignore[override]
        """Keep the highest bits of each image."""
        return images & (256 - (1 << (8 - bits))).astype(np.uint8)[:, None, None, None]


@register("solarize")
class Solarize(Ranged):
    """The negative of the bright part: `PIL.ImageOps.solarize`.

    Args:
        threshold_range: lowest and highest level, in [0, 256], from which values are inverted; 256 changes nothing.
        probability: that an image is changed, in [0, 1].
    """

    parameter = "threshold"

    def __init__(self, threshold_range: tuple[float, float] = (128.0, 256.0), *, probability: float = 1.0) -> None:
        super().__init__(probability=probability)
        self.threshold_range = checks.interval(self, "threshold_range", threshold_range, 0.0, 256.0)

    def apply(self, image: Image.Image, *, threshold: float) -> Image.Image:  # type: ignore[override]
        """Invert the values from the threshold on."""
        return ImageOps.solarize(image, threshold)  # type: ignore[arg-type]

    def batch(self, images: Images, *, threshold: Any) -> Images:  # type: ignore[override]
        """Invert the values of each image from its threshold on."""
        from augment.native import photometric

        flat = images.reshape(len(images), -1)
        return photometric.solarize(flat, np.ceil(threshold).astype(np.int64)).reshape(images.shape)
