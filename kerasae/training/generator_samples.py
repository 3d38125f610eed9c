"""Samples of a generator during training: their images, and how different they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np

from kerasae.data.images import batch_size

if TYPE_CHECKING:
    from kerasae.models import AdversarialModel


def sample_images(model: AdversarialModel, noise: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
    """Return the images of a generator, float32 (n, H, W, C) in [0, 1], computed in batches.

    Args:
        model: the adversarial model.
        noise: float (n, noise_dim).
        rows: float (n, num_classes), the class row of each image; None where the model has no classes.
    """
    size = batch_size(model.image_shape)
    batches = []
    for start in range(0, len(noise), size):
        batch = slice(start, start + size)
        row = None if rows is None else rows[batch].astype(np.float32)
        batches.append(keras.ops.convert_to_numpy(model.drawn(noise[batch].astype(np.float32), row)))
    return np.concatenate(batches)


def class_rows(model: AdversarialModel, classes: np.ndarray) -> np.ndarray | None:
    """Return classes, int (n,), as one-hot rows, float32 (n, num_classes); None where the model has no classes."""
    return np.eye(model.num_classes, dtype=np.float32)[classes] if model.num_classes else None


def fixed_noise(
    seed: int, noise_dim: int, num_classes: int, count: int, most_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return noise, float32 (n, noise_dim), and classes, int (n,), with `count` consecutive samples of each class.

    Args:
        seed: of the noise.
        noise_dim: values of noise of a sample.
        num_classes: 0 for a model without classes, which gets as many samples as ten classes would.
        count: samples of a class.
        most_classes: the most classes to sample; the first ones.
    """
    classes = np.repeat(np.arange(min(num_classes, most_classes)), count) if num_classes else np.zeros(10 * count, int)
    noise = np.random.default_rng([seed, 0]).standard_normal((len(classes), noise_dim)).astype(np.float32)
    return noise, classes


def diversity(values: np.ndarray, labels: np.ndarray) -> float | None:
    """Return the root mean squared difference per value between two samples of a class, averaged over the classes.

    Args:
        values: float (n, d), for example pixels in [0, 1].
        labels: int (n,), the classes; all equal where there are none.

    Returns:
        None where no class has two samples.
    """
    groups = [values[labels == label] for label in np.unique(labels)]
    # The mean squared difference of all pairs is twice the unbiased variance.
    spreads = [np.sqrt(2.0 * group.var(axis=0, ddof=1, dtype=np.float64).mean()) for group in groups if len(group) > 1]
    return float(np.mean(spreads)) if spreads else None
