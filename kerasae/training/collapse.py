"""Whether a generator still makes different images, watched on samples of the same noise after each epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from kerasae.data.images import batch_size

if TYPE_CHECKING:
    from rich.console import Console

    from kerasae.models import AdversarialModel

COLLAPSED = 0.5


def diversity(values: np.ndarray, labels: np.ndarray) -> float | None:
    """Return how far apart two of a class are: the root mean squared difference a value, averaged over the classes.

    Args:
        values: float (n, d), pixels on [0, 1] for instance.
        labels: int (n,), the classes; all alike where there are none.

    Returns:
        None where no class has two.
    """
    groups = [values[labels == label] for label in np.unique(labels)]
    # The mean squared difference of all pairs is twice the unbiased variance.
    spreads = [np.sqrt(2.0 * group.var(axis=0, ddof=1, dtype=np.float64).mean()) for group in groups if len(group) > 1]
    return float(np.mean(spreads)) if spreads else None


class Collapse(keras.callbacks.Callback):
    """Logs `diversity`, of samples over that of real images, and warns in a line while it is below a half.

    A generator that collapses makes one image whatever the noise. Must come before the callbacks that are to see its
    logs. Works on an `AdversarialModel`.

    Args:
        noise: float32 (n, noise_dim), the same after each epoch.
        classes: int (n,), the classes to make; all alike where there are none.
        real: of real images, by `diversity`.
        console: where the warning goes.
    """

    def __init__(self, noise: np.ndarray, classes: np.ndarray, real: float, console: Console) -> None:
        super().__init__()
        self.noise, self.classes, self.real, self.console = noise, classes, real, console

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Sample, measure and log."""
        images = made(self.model, self.noise, rows_of(self.model, self.classes))
        ratio = (diversity(images.reshape(len(images), -1), self.classes) or 0.0) / max(self.real, 1e-6)
        if logs is not None:
            logs["diversity"] = ratio
        if ratio < COLLAPSED:
            self.console.print(
                f"warning: after epoch {epoch + 1} two samples differ {ratio:.0%} as much as two real images do: the "
                "generator makes nearly one image; train the discriminator more seldom or at a lower rate",
                highlight=False,
                soft_wrap=True,
            )


def rows_of(model: AdversarialModel, classes: np.ndarray) -> np.ndarray | None:
    """Return what a generator takes for classes, int (n,): one-hot rows, float32, or None where it takes none."""
    return np.eye(model.num_classes, dtype=np.float32)[classes] if model.num_classes else None


def made(model: AdversarialModel, noise: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
    """Return the generator's images, float32 (n, H, W, C) in [0, 1], as many at a time as `batch_size` says.

    Args:
        noise: float (n, noise_dim).
        rows: float (n, num_classes), what each is to be of; None where the model takes no classes.
    """
    size = batch_size(model.image_shape)
    parts = []
    for start in range(0, len(noise), size):
        part = slice(start, start + size)
        row = None if rows is None else rows[part].astype(np.float32)
        parts.append(keras.ops.convert_to_numpy(model.drawn(noise[part].astype(np.float32), row)))
    return np.concatenate(parts)
