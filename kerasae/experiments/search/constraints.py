"""Limits on a model's size and latency; a trial over a limit fails, and the search continues."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kerasae.inference.forward import forward
from kerasae.models.summary import parameter_counts

if TYPE_CHECKING:
    from kerasae.models import JointAutoencoder
    from kerasae.recipe import SearchRecipe

NUM_WARMUP, NUM_TIMED = 3, 30  # calls of the model


class OverLimitError(RuntimeError):
    """A model is larger or slower than the search allows."""


@dataclass(frozen=True, slots=True)
class ModelCost:
    """The cost of a model.

    Attributes:
        parameters: of the model.
        latency_ms: milliseconds per image; None if the search does not limit it.
    """

    parameters: int
    latency_ms: float | None = None


def measure_cost(model: JointAutoencoder, search: SearchRecipe) -> ModelCost:
    """Return the cost of a model.

    Raises:
        OverLimitError: it is over a limit of the search.
    """
    parameters = parameter_counts(model)["parameters"]
    if search.max_parameters is not None and parameters > search.max_parameters:
        raise OverLimitError(f"{parameters:,} parameters, over search.max_parameters {search.max_parameters:,}")
    if search.max_latency_ms is None:
        return ModelCost(parameters)
    milliseconds = latency_ms(model)
    if milliseconds > search.max_latency_ms:
        raise OverLimitError(f"{milliseconds:.2f} ms an image, over search.max_latency_ms {search.max_latency_ms:g}")
    return ModelCost(parameters, milliseconds)


def latency_ms(model: JointAutoencoder) -> float:
    """Return the median time of a forward pass of one image through all heads on this machine, in milliseconds."""
    call = forward(model)
    image = np.zeros((1, *model.input_shape[1:]), np.uint8)
    times = []
    for _ in range(NUM_WARMUP + NUM_TIMED):
        started_at = time.perf_counter()
        for output in call(image).values():
            np.asarray(output)
        times.append(time.perf_counter() - started_at)
    return statistics.median(times[NUM_WARMUP:]) * 1000
