"""Apply transforms to a NumPy batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from augment import checks
from augment.compose import Compose
from augment.draws import Draws
from augment.transform import Engine, Images, Transform

ENGINES = ("native", "pil")


def apply(
    images: npt.ArrayLike,
    transforms: Sequence[Transform] | Transform,
    *,
    seed: int,
    epoch: int = 0,
    positions: npt.ArrayLike | None = None,
    engine: Engine = "native",
) -> Images:
    """Return the images after all `transforms`, one after the other.

    Args:
        images: uint8 (n, H, W, C) in [0, 255], C in {1, 3}; not modified.
        transforms: what to apply, in this order.
        seed: any integer; with `epoch` and an image's position it decides every random choice.
        epoch: any integer.
        positions: integers (n,), the images' places in the order of the epoch; 0, ..., n - 1 if None.
        engine: "native" (batched kernels) or "pil" (Pillow, one image after the other); same bytes.

    Raises:
        ValueError: for images of another rank or number of channels, or positions of another length.
        TypeError: for images that are not uint8.
    """
    sample_images = np.asarray(images)
    check_images(sample_images.dtype.name, sample_images.shape)
    image_positions = np.arange(len(sample_images)) if positions is None else np.asarray(positions)
    if image_positions.shape != (len(sample_images),):
        raise ValueError(f"Expected `positions` of shape {(len(sample_images),)}. Received: {image_positions.shape}")
    checks.choice("apply", "engine", engine, ENGINES)
    composition = compose(transforms)
    # Each kernel is compiled for one kind of array: writeable and in C order.
    source = np.require(sample_images, requirements=["C", "W"])
    if source.size == 0:
        return source.copy()
    result = composition.run(source, composition.parameters(Draws.at(seed, epoch, image_positions)), engine)
    return result.copy() if np.shares_memory(result, sample_images) else result


def compose(transforms: Sequence[Transform] | Transform) -> Compose:
    """Return the transforms as one that applies them all."""
    if isinstance(transforms, Compose):
        return transforms
    return Compose([transforms] if isinstance(transforms, Transform) else transforms)


def check_images(dtype: str, shape: Sequence[int | None]) -> None:
    """Raise TypeError or ValueError unless these belong to a batch of images, uint8 (n, H, W, C), C in {1, 3}."""
    if dtype != "uint8":
        raise TypeError(
            f"Expected images of dtype uint8 in [0, 255]; scale or cast after augmentation. Received: {dtype}"
        )
    if len(shape) != 4 or shape[-1] not in (1, 3):
        raise ValueError(f"Expected images of shape (n, H, W, C) with C in (1, 3). Received: {tuple(shape)}")
