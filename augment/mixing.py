"""Mixings of two images and their labels; the partner is any image of the epoch, not only of the batch."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt

from augment import checks
from augment.configured import Configured
from augment.draws import Draws
from augment.registry import register
from augment.transform import Images, Params

Rows = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int64]
_PARTNER, _PARAMETERS = 1 << 20, 1 << 21  # streams far from those that the items of a composition take


class Mixing(Configured):
    """A random mixture of an image with another one, and of their label rows in the same shares.

    A label row is one-hot, soft, or zero for an image without label. Mixing is linear, so that the sum of a mixed row
    is the share of the image whose label is known: 1 for two labelled images, 0 for none, and the labelled
    image's share for one of each. A loss that weighs an image by the sum of its row stays meaningful.

    Args:
        alpha: both parameters of the Beta distribution of the shares, in (0, 100]; 1 is uniform, less is milder.
        probability: how likely an image is mixed at all, in [0, 1].
    """

    def __init__(self, alpha: float = 1.0, *, probability: float = 1.0) -> None:
        self.alpha = checks.number(self, "alpha", alpha, 1e-3, 100.0)
        self.probability = checks.number(self, "probability", probability, 0.0, 1.0)

    def partner(self, seed: int, epoch: int, positions: npt.ArrayLike, size: int) -> Positions:
        """Return the position of each image's partner, int64 (n,), uniform among the other `size` - 1 images.

        Args:
            seed: any integer.
            epoch: any integer.
            positions: integers (n,) in [0, size), the images' places in the order of the epoch.
            size: the number of images in the epoch, at least 1; a single image is its own partner.
        """
        indices = np.atleast_1d(np.asarray(positions, np.int64))
        if checks.integer("Mixing.partner", "size", int(size), 1) == 1:
            return np.zeros_like(indices)
        other = Draws.at(seed, epoch, indices).stream(_PARTNER).integers(0, size - 1)
        return other + (other >= indices)

    def parameters(self, seed: int, epoch: int, positions: npt.ArrayLike) -> Params:
        """Return `sample`'s parameters of the images at `positions` and `applied`, bool (n,)."""
        draws = Draws.at(seed, epoch, positions).stream(_PARAMETERS)
        return {"applied": draws.uniform() < self.probability, **self.sample(draws)}

    @abstractmethod
    def sample(self, draws: Draws) -> Params:
        """Return the parameters of len(draws) images: arrays whose first axis is the image."""

    def spread(self, num: int) -> Params:
        """Return `num` rows of parameters that show the mixing over its range; random ones by default."""
        return self.sample(Draws.at(0, 0, np.arange(num)))

    @abstractmethod
    def mix(
        self, images: Images, partner_images: Images, rows: Rows, partner_rows: Rows, **params: Any
    ) -> tuple[Images, Rows]:
        """Return the mixed images and rows as new arrays.

        Args:
            images: uint8 (n, H, W, C).
            partner_images: the partners, likewise.
            rows: float32 (n, num_classes), the labels.
            partner_rows: the partners' labels, likewise.
            **params: the arrays that `sample` returned.
        """

    def run(
        self, images: Images, partner_images: Images, rows: Rows, partner_rows: Rows, params: Params
    ) -> tuple[Images, Rows]:
        """Return images and rows, mixed where `params["applied"]` is true."""
        applied = params["applied"]
        rest = {name: values for name, values in params.items() if name != "applied"}
        mixed_images, mixed_rows = self.mix(images, partner_images, rows, partner_rows, **rest)
        return (
            np.where(applied[:, None, None, None], mixed_images, images),
            np.where(applied[:, None], mixed_rows, rows),
        )


@register("mix_up")
class MixUp(Mixing):
    """MixUp (Zhang et al., arXiv 1710.09412): the images blended, `Image.blend(partner, image, share)`.

    Args:
        alpha: both parameters of the Beta distribution of the shares, in (0, 100].
        probability: how likely an image is mixed at all, in [0, 1].
    """

    def __init__(self, alpha: float = 0.2, *, probability: float = 1.0) -> None:
        super().__init__(alpha, probability=probability)

    def sample(self, draws: Draws) -> Params:
        """Return `share`, the image's own, in [0, 1]."""
        return {"share": draws.beta(self.alpha, self.alpha)}

    def spread(self, num: int) -> Params:
        """Return shares evenly spaced from 0 to 1."""
        return {**super().spread(num), "share": np.linspace(0.0, 1.0, num)}

    def mix(self, images: Images, partner_images: Images, rows: Rows, partner_rows: Rows, *, share: Any) -> Any:  # type: ignore[override]
        """Blend images, as Pillow does in float32, and rows."""
        kept_share = share.astype(np.float32)
        other = partner_images.astype(np.float32)
        blended = other + kept_share[:, None, None, None] * (images.astype(np.float32) - other)
        return blended.astype(np.uint8), kept_share[:, None] * rows + (1 - kept_share[:, None]) * partner_rows


@register("cut_mix")
class CutMix(Mixing):
    """CutMix (Yun et al., arXiv 1905.04899): a box of the partner pasted into the image, `Image.paste(box)`.

    The share is that of the pixels that remain, after the box is cut off at the image's border.

    Args:
        alpha: both parameters of the Beta distribution of the shares, in (0, 100].
        probability: how likely an image is mixed at all, in [0, 1].
    """

    def sample(self, draws: Draws) -> Params:
        """Return `share`, the image's own before the cut at the border, and the box's centre `x`, `y` in [0, 1)."""
        return {"share": draws.beta(self.alpha, self.alpha), "x": draws.uniform(), "y": draws.uniform()}

    def spread(self, num: int) -> Params:
        """Return shares evenly spaced from 0 to 1, of boxes in the middle, where nothing of them is cut off."""
        middle = np.full(num, 0.5)
        return {**super().spread(num), "share": np.linspace(0.0, 1.0, num), "x": middle, "y": middle}

    def mix(  # type: ignore[override]
        self, images: Images, partner_images: Images, rows: Rows, partner_rows: Rows, *, share: Any, x: Any, y: Any
    ) -> Any:
        """Paste the boxes, and mix the rows by the numbers of pixels."""
        height, width = images.shape[1:3]
        inside_y = _span(np.sqrt(1.0 - share), y, height)
        inside_x = _span(np.sqrt(1.0 - share), x, width)
        box = inside_y[:, :, None] & inside_x[:, None, :]
        kept_share = (1.0 - box.mean((1, 2))).astype(np.float32)[:, None]
        return np.where(box[..., None], partner_images, images), kept_share * rows + (1 - kept_share) * partner_rows


def _span(fraction: Any, centre: Any, size: int) -> Any:
    """Bool (n, size): the pixels of spans of `fraction` of the size about their centres."""
    length = (fraction * size).astype(np.int64)
    start = (centre * size).astype(np.int64) - length // 2
    pixel = np.arange(size)
    return (pixel >= start[:, None]) & (pixel < (start + length)[:, None])
