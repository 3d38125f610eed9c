"""The kernels of a model or a layer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import keras

if TYPE_CHECKING:
    import numpy as np


def kernels(part: keras.layers.Layer | None) -> list[tuple[str, np.ndarray]]:
    """Return the kernels in order, each with its layer's name: variables of that name with more than one axis.

    The number that Keras gives to the second layer of a kind is left out: it counts over all models of a process.
    """
    weights = [] if part is None else part.weights
    chosen = [one for one in weights if "kernel" in one.name and len(one.shape) > 1]
    return [(_layer(one.path), keras.ops.convert_to_numpy(one)) for one in chosen]


def _layer(path: str) -> str:
    return re.sub(r"_\d+$", "", ("kernel/" + path).split("/")[-2])
