"""The prior: what a variational model decodes from noise alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kerasae.generation.latents import decode
from kerasae.generation.method import Method

if TYPE_CHECKING:
    from kerasae.models import JointAutoencoder


def by_prior(model: JointAutoencoder) -> Method:
    """Return the method: latents from the standard normal that training held the posteriors to (arXiv 1312.6114)."""
    shape = model.encoder.output_shape[1:]

    def draw(label: int, count: int, noise: float, random: np.random.Generator) -> np.ndarray:
        return decode(model, (noise * random.standard_normal((count, *shape))).astype(np.float32))

    size = "x".join(map(str, shape))
    return Method("prior", f"from the standard normal of {size} values, of no class in particular", False, draw)
