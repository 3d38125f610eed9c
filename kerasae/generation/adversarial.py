"""Images of an adversarial model's generator, and the way between two classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kerasae.data.images import to_uint8
from kerasae.generation.interpolation import ROWS, STEPS, Ways
from kerasae.generation.method import Method
from kerasae.training.generator_samples import class_rows, sample_images

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.models import AdversarialModel


def by_generator(model: AdversarialModel) -> Method:
    """Return the method: standard normal noise, and the row of the class where the model takes one."""

    def draw(label: int, count: int, noise: float, random: np.random.Generator) -> np.ndarray:
        values = noise * random.standard_normal((count, model.noise_dim))
        return to_uint8(sample_images(model, values, class_rows(model, np.full(count, label))))

    words = f"from {model.noise_dim} values of noise" + " and the class" * bool(model.num_classes)
    return Method("generator", words, bool(model.num_classes), draw)


def between_classes(
    model: AdversarialModel, ends: tuple[int, int], names: Sequence[str], noise: float, seed: int
) -> Ways:
    """Go from the row of one class to that of another, the noise of each way the same throughout."""
    random = np.random.default_rng([seed, *(2 + end for end in ends)])
    draws = noise * np.repeat(random.standard_normal((ROWS, model.noise_dim)), STEPS, axis=0)
    rows = np.eye(len(names))
    shares = np.linspace(0.0, 1.0, STEPS)[:, None]
    line = (1 - shares) * rows[ends[0]] + shares * rows[ends[1]]
    images = to_uint8(sample_images(model, draws, np.tile(line, (ROWS, 1))))
    return Ways((names[ends[0]], names[ends[1]]), images.reshape(ROWS, STEPS, *images.shape[1:]), centred=False)
