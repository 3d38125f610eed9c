"""Write a grid of samples every few epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
from PIL import Image

from kerasae.data.images import to_uint8
from kerasae.files.writing import written_whole
from kerasae.training.generator_samples import class_rows, sample_images
from kerasae.training.sample_grid import tiled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np


class SampleGrid(keras.callbacks.Callback):
    """Writes a grid of samples as epoch-0005.png after some epochs. Works on an `AdversarialModel`.

    Args:
        folder: where the images are written.
        epochs: the epochs after which a grid is written, counted from 1 over all phases.
        first_epoch: the number of epochs before this phase.
        noise: float32 (n, noise_dim), the same for every grid.
        classes: int (n,), the classes to generate.
        columns: images in a row.
    """

    def __init__(
        self,
        folder: Path,
        epochs: Sequence[int],
        first_epoch: int,
        noise: np.ndarray,
        classes: np.ndarray,
        columns: int,
    ) -> None:
        super().__init__()
        self.folder, self.epochs, self.first_epoch = folder, frozenset(epochs), first_epoch
        self.noise, self.classes, self.columns = noise, classes, columns

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write the grid of this epoch, if it has one."""
        number = self.first_epoch + epoch + 1
        if number in self.epochs:
            images = to_uint8(sample_images(self.model, self.noise, class_rows(self.model, self.classes)))
            with written_whole(self.folder / f"epoch-{number:04d}.png") as temporary:
                pixels = tiled(images, self.columns)
                Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(temporary)
