"""The prior of a variational autoencoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kerasae.generation.samplers.sampler import Sampler
from kerasae.generation.training_latents import decode

if TYPE_CHECKING:
    from kerasae.models import JointAutoencoder


def prior_sampler(model: JointAutoencoder) -> Sampler:
    """Return a sampler of the standard normal prior (Kingma and Welling 2013, arXiv 1312.6114)."""
    shape = model.encoder.output_shape[1:]

    def draw(label: int, count: int, noise: float, random: np.random.Generator) -> np.ndarray:
        return decode(model, (noise * random.standard_normal((count, *shape))).astype(np.float32))

    size = "x".join(map(str, shape))
    return Sampler("prior", f"from the standard normal prior of {size} values, without a class", False, draw)
