"""Mirror images."""

from __future__ import annotations

from typing import Any

from PIL import Image

from augment.registry import register
from augment.transform import Images, Transform


@register("horizontal_flip")
class HorizontalFlip(Transform):
    """Left and right exchanged: `Image.transpose(FLIP_LEFT_RIGHT)`.

    Args:
        probability: how likely an image is flipped, in [0, 1].
    """

    def apply(self, image: Image.Image, **params: Any) -> Image.Image:
        """Exchange left and right."""
        return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)

    def batch(self, images: Images, **params: Any) -> Images:
        """Exchange left and right of each image."""
        from augment.native import geometric

        return geometric.mirror(images)


@register("vertical_flip")
class VerticalFlip(Transform):
    """Top and bottom exchanged: `Image.transpose(FLIP_TOP_BOTTOM)`.

    Args:
        probability: how likely an image is flipped, in [0, 1].
    """

    def apply(self, image: Image.Image, **params: Any) -> Image.Image:
        """Exchange top and bottom."""
        return image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)

    def batch(self, images: Images, **params: Any) -> Images:
        """Exchange top and bottom of each image."""
        return images[:, ::-1]
