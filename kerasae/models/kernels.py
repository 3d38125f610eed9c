"""The kernels of a model or a layer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import keras

if TYPE_CHECKING:
    import numpy as np


def kernels(part: keras.layers.Layer | None) -> list[tuple[str, np.ndarray]]:
    """Return the kernels of a part in order, each with the name of its layer.

    Kernels are the variables named so that have more than one axis. The number that Keras appends to the name of a
    kind's second layer is left out, since it counts over all models of the process.
    """
    weights = [] if part is None else part.weights
    return [
        (_layer_name(weight.path), keras.ops.convert_to_numpy(weight))
        for weight in weights
        if "kernel" in weight.name and len(weight.shape) > 1
    ]


def _layer_name(path: str) -> str:
    return re.sub(r"_\d+$", "", ("kernel/" + path).split("/")[-2])
