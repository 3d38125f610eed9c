"""What a model may cost: a trial over a limit fails, and the search goes on."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import numpy as np

from kerasae.inference.forward import forward
from kerasae.models.summary import parameter_counts

if TYPE_CHECKING:
    from kerasae.models import JointAutoencoder
    from kerasae.recipe import SearchRecipe

WARM, TIMED = 3, 30


class OverLimitError(RuntimeError):
    """A model is larger or slower than the search allows."""


def costs(model: JointAutoencoder, search: SearchRecipe) -> tuple[int, float | None]:
    """Return a model's parameters, and its latency in milliseconds where the search limits that.

    Raises:
        OverLimitError: one of them is over its limit.
    """
    parameters = parameter_counts(model)["parameters"]
    if search.max_parameters is not None and parameters > search.max_parameters:
        raise OverLimitError(f"{parameters:,} parameters, over search.max_parameters {search.max_parameters:,}")
    if search.max_latency_ms is None:
        return parameters, None
    milliseconds = latency(model)
    if milliseconds > search.max_latency_ms:
        raise OverLimitError(f"{milliseconds:.2f} ms an image, over search.max_latency_ms {search.max_latency_ms:g}")
    return parameters, milliseconds


def latency(model: JointAutoencoder) -> float:
    """Return the median time of one image through all heads, in milliseconds, on this machine as it is now."""
    call = forward(model)
    image = np.zeros((1, *model.input_shape[1:]), np.uint8)
    times = []
    for _ in range(WARM + TIMED):
        begun = time.perf_counter()
        for output in call(image).values():
            np.asarray(output)
        times.append(time.perf_counter() - begun)
    return statistics.median(times[WARM:]) * 1000
