"""The number of times that an encoder halves its image, and the widths of a decoder that undoes it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras


def doublings(encoder: keras.Model, filters: Sequence[int]) -> list[int]:
    """Return one width for each time that the encoder halves its image.

    The last entry of `filters` repeats where the encoder halves more often; entries beyond are left out.

    Raises:
        RequestError: the latent is not a map whose sides are the image's sides over a power of two.
    """
    image, latent = encoder.input_shape[1:], encoder.output_shape[1:]
    ratios = {side / small for side, small in zip(image[:2], latent[:2], strict=True)} if len(latent) == 3 else set()
    steps = math.log2(ratios.pop()) if len(ratios) == 1 else -1.0
    if steps < 0 or not steps.is_integer():
        raise RequestError(
            "model.decoder",
            expected=(
                f"a latent (height, width, channels) whose sides are the image's {image[:2]} over a power of two"
            ),
            received=latent,
        )
    return [filters[min(step, len(filters) - 1)] for step in range(int(steps))]


def check_returning_sides(image_shape: tuple[int, int, int], key: str) -> None:
    """Refuse sides that the `strided` convolutions (28 -> 15 -> 8 -> 3 -> 7 -> 14 -> 28) do not restore.

    Raises:
        RequestError: a side is not 4 more than a multiple of 8, or below 12.
    """
    height, width, channels = image_shape
    if any(side % 8 != 4 or side < 12 for side in (height, width)):
        near = [max(12, 8 * round((side - 4) / 8) + 4) for side in (height, width)]
        raise RequestError(
            key,
            expected="sides of 12, 20, 28, 36 and so on, which 'strided' restores exactly",
            received=f"{height}x{width}",
            fix=f"set data.image_shape to [{near[0]}, {near[1]}, {channels}]",
        )
