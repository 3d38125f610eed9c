"""The generator of an adversarial model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kerasae.data.images import to_uint8
from kerasae.generation.samplers.sampler import Sampler
from kerasae.training.generator_samples import class_rows, sample_images

if TYPE_CHECKING:
    from kerasae.models import AdversarialModel


def generator_sampler(model: AdversarialModel) -> Sampler:
    """Return a sampler that feeds standard normal noise to the generator, and the class if it takes one."""

    def draw(label: int, count: int, noise: float, random: np.random.Generator) -> np.ndarray:
        values = noise * random.standard_normal((count, model.noise_dim))
        return to_uint8(sample_images(model, values, class_rows(model, np.full(count, label))))

    is_conditional = bool(model.num_classes)
    description = f"from {model.noise_dim} standard normal noise values{' and the class' if is_conditional else ''}"
    return Sampler("generator", description, is_conditional, draw)
