"""Transforms that take something away from an image, or hide it."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from augment import checks
from augment.draws import Draws, fold, mix
from augment.registry import register
from augment.transform import Images, Params, Transform, colour


@register("crop")
class Crop(Transform):
    """A piece as large as the image, cut from the image with a margin around: `ImageOps.expand`, `Image.crop`.

    He et al., "Deep residual learning for image recognition" (2016), section 4.2, with 4 pixels at 32x32.

    Args:
        padding: width of the margin, in [0, 4096] pixels; the piece is anywhere in the padded image.
        mode: what the margin holds: "constant" is `fill`, "reflect" mirrors the image without repeating its edge
            (`numpy.pad`; Pillow has none).
        fill: the level, in [0, 255], of a constant margin.
        probability: how likely an image is cropped at all, in [0, 1].
    """

    def __init__(self, padding: int = 4, *, mode: str = "constant", fill: int = 0, probability: float = 1.0) -> None:
        super().__init__(probability=probability)
        self.padding = checks.integer(self, "padding", padding, 0, 4096)
        self.mode = checks.choice(self, "mode", mode, ("constant", "reflect"))
        self.fill = checks.integer(self, "fill", fill, 0, 255)

    def sample(self, draws: Draws) -> Params:
        """Return `left` and `top`, where the piece begins in the padded image."""
        end = 2 * self.padding + 1
        return {"left": draws.integers(0, end), "top": draws.integers(0, end)}

    def spread(self, num: int) -> Params:
        """Return pieces evenly spaced from the left to the right, at random heights."""
        return {**super().spread(num), "left": np.linspace(0, 2 * self.padding, num).round().astype(np.int64)}

    def apply(self, image: Image.Image, *, left: int, top: int) -> Image.Image:  # type: ignore[override]
        """Cut the piece that begins at (left, top) in the padded image."""
        pixels = np.asarray(image)
        padded = Image.fromarray(self._pad(pixels.reshape(1, *pixels.shape))[0])
        return padded.crop((left, top, left + image.width, top + image.height))

    def batch(self, images: Images, *, left: Any, top: Any) -> Images:  # type: ignore[override]
        """Cut each image's piece."""
        padded, cut = self._pad(images), np.empty_like(images)
        height, width = images.shape[1:3]
        for index, (x, y) in enumerate(zip(left.tolist(), top.tolist(), strict=True)):
            cut[index] = padded[index, y : y + height, x : x + width]
        return cut

    def _pad(self, images: Images) -> Images:
        margin = [(0, 0), *[(self.padding, self.padding)] * 2, *[(0, 0)] * (images.ndim - 3)]
        if self.mode == "reflect":
            return np.pad(images, margin, mode="reflect")
        return np.pad(images, margin, constant_values=self.fill)


@register("cutout")
class Cutout(Transform):
    """A square hidden, its centre anywhere in the image: `Image.paste(fill, box)`.

    DeVries and Taylor, "Improved regularization of convolutional neural networks with Cutout" (arXiv 1708.04552);
    they hide 16 of 32 pixels of CIFAR-10. The part of the square outside the image is lost.

    Args:
        fraction_range: lowest and highest side of the square, in [0, 1] of the image's shorter side.
        fill: the level, in [0, 255], of the square.
        probability: that an image is changed, in [0, 1].
    """

    def __init__(
        self, fraction_range: tuple[float, float] = (0.5, 0.5), *, fill: int = 0, probability: float = 1.0
    ) -> None:
        super().__init__(probability=probability)
        self.fraction_range = checks.interval(self, "fraction_range", fraction_range, 0.0, 1.0)
        self.fill = checks.integer(self, "fill", fill, 0, 255)

    def sample(self, draws: Draws) -> Params:
        """Return `fraction` of the shorter side, and the centre `x`, `y` in [0, 1) of width and height."""
        return {"fraction": draws.uniform(*self.fraction_range), "x": draws.uniform(), "y": draws.uniform()}

    def apply(self, image: Image.Image, *, fraction: float, x: float, y: float) -> Image.Image:  # type: ignore[override]
        """Hide the square."""
        hidden = image.copy()
        left, top, right, bottom = _square(fraction, x, y, *image.size)
        if right > left and bottom > top:
            hidden.paste(colour(self.fill, image), (left, top, right, bottom))
        return hidden

    def batch(self, images: Images, *, fraction: Any, x: Any, y: Any) -> Images:  # type: ignore[override]
        """Hide each image's square."""
        hidden = images.copy()
        height, width = images.shape[1:3]
        for index, square in enumerate(zip(fraction.tolist(), x.tolist(), y.tolist(), strict=True)):
            left, top, right, bottom = _square(*square, width, height)
            hidden[index, top:bottom, left:right] = self.fill
        return hidden


def _square(fraction: float, x: float, y: float, width: int, height: int) -> tuple[int, int, int, int]:
    side = round(fraction * min(width, height))
    left, top = int(x * width) - side // 2, int(y * height) - side // 2
    return max(left, 0), max(top, 0), max(min(left + side, width), 0), max(min(top + side, height), 0)


@register("cut_paste")
class CutPaste(Transform):
    """A piece of the image pasted over another place of it: `Image.crop`, `Image.point`, `Image.paste`.

    Li et al., "CutPaste: self-supervised learning for anomaly detection and localization" (arXiv 2104.04015): a defect
    that nobody had to find. The piece may be made brighter or darker, which the paper calls jitter.

    Args:
        fraction_range: lowest and highest width and height of the piece, each drawn for itself, in [0, 1] of the
            image's shorter side.
        shift_range: lowest and highest number of levels that are added to the piece, in [-255, 255]; the sum is rounded
            and kept within [0, 255].
        probability: that an image is changed, in [0, 1].
    """

    def __init__(
        self,
        fraction_range: tuple[float, float] = (0.1, 0.3),
        *,
        shift_range: tuple[float, float] = (0.0, 0.0),
        probability: float = 1.0,
    ) -> None:
        super().__init__(probability=probability)
        self.fraction_range = checks.interval(self, "fraction_range", fraction_range, 0.0, 1.0)
        self.shift_range = checks.interval(self, "shift_range", shift_range, -255.0, 255.0)

    def sample(self, draws: Draws) -> Params:
        """Return the piece's sides, where it is cut and pasted, in [0, 1) of the room there is, and its `shift`."""
        sides = {side: draws.uniform(*self.fraction_range) for side in ("width", "height")}
        positions = {name: draws.uniform() for name in ("from_x", "from_y", "to_x", "to_y")}
        return {**sides, **positions, "shift": draws.uniform(*self.shift_range)}

    def apply(  # type: ignore[override]
        self, image: Image.Image, *, width: float, height: float, shift: float, **positions: float
    ) -> Image.Image:
        """Cut the piece, shift its levels and paste it."""
        pasted = image.copy()
        (left, top, right, bottom), to = _pieces(width, height, positions, *image.size)
        if right > left and bottom > top:
            levels = _shifted(shift).tolist()
            pasted.paste(image.crop((left, top, right, bottom)).point(levels * len(image.getbands())), to)
        return pasted

    def batch(self, images: Images, *, width: Any, height: Any, shift: Any, **positions: Any) -> Images:  # type: ignore[override]
        """Cut and paste each image's piece."""
        pasted = images.copy()
        for index in range(len(images)):
            here = {name: float(values[index]) for name, values in positions.items()}
            (left, top, right, bottom), (x, y) = _pieces(
                float(width[index]), float(height[index]), here, images.shape[2], images.shape[1]
            )
            piece = _shifted(float(shift[index]))[images[index, top:bottom, left:right]]
            pasted[index, y : y + bottom - top, x : x + right - left] = piece
        return pasted


def _pieces(
    width: float, height: float, positions: dict[str, float], across: int, down: int
) -> tuple[tuple[int, int, int, int], tuple[int, int]]:
    """Return the box that is cut, and the left and upper end of where it is pasted."""
    wide, high = (round(side * min(across, down)) for side in (width, height))
    left, x = (int(positions[name] * (across - wide + 1)) for name in ("from_x", "to_x"))
    top, y = (int(positions[name] * (down - high + 1)) for name in ("from_y", "to_y"))
    return (left, top, left + wide, top + high), (x, y)


def _shifted(shift: float) -> np.ndarray:
    return np.clip(np.arange(256) + round(shift), 0, 255).astype(np.uint8)


@register("mask")
class Mask(Transform):
    """Square patches of the image blanked: a share of a grid of them, chosen for each image.

    He et al., "Masked autoencoders are scalable vision learners" (arXiv 2111.06377), section 3: patches are drawn
    without replacement, 75% of them, so that exactly the share asked for is hidden. At the right and the bottom a patch
    that does not fit is cut off.

    Args:
        patch_size: side of a patch, in [1, 4096] pixels.
        ratio: the share of patches to blank, in [0, 1], rounded to whole patches.
        fill: the level, in [0, 255], of a blanked patch.
        probability: that an image is changed, in [0, 1].
    """

    def __init__(self, patch_size: int = 4, *, ratio: float = 0.75, fill: int = 0, probability: float = 1.0) -> None:
        super().__init__(probability=probability)
        self.patch_size = checks.integer(self, "patch_size", patch_size, 1, 4096)
        self.ratio = checks.number(self, "ratio", ratio, 0.0, 1.0)
        self.fill = checks.integer(self, "fill", fill, 0, 255)

    def sample(self, draws: Draws) -> Params:
        """Return `key`, 64 bits from which the image's patches are chosen."""
        return {"key": draws.bits()}

    def apply(self, image: Image.Image, *, key: int) -> Image.Image:  # type: ignore[override]
        """Blank the patches that `key` chooses, one after the other."""
        hidden, side = image.copy(), self.patch_size
        rows, columns = self._grid(image.height, image.width)
        bits = mix(fold(np.array([key], np.uint64), 0) + np.arange(rows * columns).astype(np.uint64))
        for patch in np.argsort(bits, kind="stable")[: self._count(rows * columns)].tolist():
            left, top = patch % columns * side, patch // columns * side
            box = (left, top, min(left + side, image.width), min(top + side, image.height))
            hidden.paste(colour(self.fill, image), box)
        return hidden

    def batch(self, images: Images, *, key: Any) -> Images:  # type: ignore[override]
        """Blank the patches of each image."""
        from augment.native import patches

        rows, columns = self._grid(*images.shape[1:3])
        count = self._count(rows * columns)
        return patches.blank(images, fold(key, 0), self.patch_size, (rows, columns), count, np.uint8(self.fill))

    def _grid(self, height: int, width: int) -> tuple[int, int]:
        return -(-height // self.patch_size), -(-width // self.patch_size)

    def _count(self, patches: int) -> int:
        return round(self.ratio * patches)
