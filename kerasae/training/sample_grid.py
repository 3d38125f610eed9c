"""What a generator makes of the same noise as training goes on: a sheet of samples every few epochs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from PIL import Image

from kerasae.data.images import to_uint8
from kerasae.files.writing import written_whole
from kerasae.training.collapse import made, rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

GROUND = 255
GAP = 2  # pixels between images


class Sheets(keras.callbacks.Callback):
    """Writes samples of an `AdversarialModel` into a folder, as epoch-0005.png, after some epochs.

    Args:
        folder: where they go.
        epochs: after which ones, counted from 1 over all phases.
        first: the epochs before this phase.
        noise: float32 (n, noise_dim), the same on every sheet.
        classes: int (n,), the classes to make.
        columns: images side by side.
    """

    def __init__(
        self, folder: Path, epochs: Sequence[int], first: int, noise: np.ndarray, classes: np.ndarray, columns: int
    ) -> None:
        super().__init__()
        self.folder, self.epochs, self.first = folder, frozenset(epochs), first
        self.noise, self.classes, self.columns = noise, classes, columns

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write the sheet of an epoch that has one."""
        number = self.first + epoch + 1
        if number in self.epochs:
            images = to_uint8(made(self.model, self.noise, rows_of(self.model, self.classes)))
            with written_whole(self.folder / f"epoch-{number:04d}.png") as temporary:
                pixels = tiled(images, self.columns)
                Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(temporary)


def tiled(images: np.ndarray, columns: int) -> np.ndarray:
    """Lay images (n, H, W, C) side by side and below each other, pixel for pixel, on white: uint8 (h, w, C)."""
    count, height, width, channels = images.shape
    rows = math.ceil(count / columns)
    sheet = np.full((rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, channels), GROUND, np.uint8)
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        top, left = row * (height + GAP), column * (width + GAP)
        sheet[top : top + height, left : left + width] = image
    return sheet


def untiled(sheet: np.ndarray, image_shape: tuple[int, int, int]) -> np.ndarray:
    """Return the images of a full sheet that `tiled` laid: uint8 (rows, columns, H, W, C).

    Args:
        sheet: uint8 (h, w, C), or (h, w) of one channel.
        image_shape: of one image.
    """
    height, width, channels = image_shape
    pixels = sheet.reshape(*sheet.shape[:2], channels)
    padded = np.pad(pixels, ((0, GAP), (0, GAP), (0, 0)))
    rows, columns = padded.shape[0] // (height + GAP), padded.shape[1] // (width + GAP)
    cells = padded.reshape(rows, height + GAP, columns, width + GAP, channels).swapaxes(1, 2)
    return cells[:, :, :height, :width]
