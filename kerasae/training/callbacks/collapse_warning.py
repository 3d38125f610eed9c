"""Warn of a generator that collapses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

from kerasae.training.generator_samples import class_rows, diversity, sample_images

if TYPE_CHECKING:
    import numpy as np
    from rich.console import Console

COLLAPSED = 0.5  # share of the diversity of real images


class CollapseWarning(keras.callbacks.Callback):
    """Logs the `diversity` of samples relative to that of real images, and warns where it is below one half.

    A generator has collapsed where it makes one image whatever the noise. Works on a compiled `AdversarialModel`. Must
    come before the callbacks that use its logs.

    Args:
        noise: float32 (n, noise_dim), the same after each epoch.
        classes: int (n,), the classes to generate; all equal where there are none.
        real_diversity: of real images.
        console: where the warning is printed.
    """

    def __init__(self, noise: np.ndarray, classes: np.ndarray, real_diversity: float, console: Console) -> None:
        super().__init__()
        self.noise, self.classes, self.real_diversity, self.console = noise, classes, real_diversity, console

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Sample, measure and log."""
        images = sample_images(self.model, self.noise, class_rows(self.model, self.classes))
        ratio = (diversity(images.reshape(len(images), -1), self.classes) or 0.0) / max(self.real_diversity, 1e-6)
        if logs is not None:
            logs["diversity"] = ratio
        if ratio < COLLAPSED:
            self.console.print(
                f"warning: after epoch {epoch + 1} two samples differ {ratio:.0%} as much as two real images do: the "
                "generator makes nearly one image; train the discriminator more seldom or at a lower rate",
                highlight=False,
                soft_wrap=True,
            )
