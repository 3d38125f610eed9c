"""The file rejection.keras of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from kerasae.files.reading import damaged
from kerasae.files.writing import written_whole
from kerasae.layers.rejection import ERROR, Rejection
from kerasae.models.archive import load_model
from kerasae.models.ood.feature_extractor import chosen

if TYPE_CHECKING:
    from pathlib import Path


def save_rejection(rejection: Rejection, path: Path) -> None:
    """Write a rejection as a Keras model of its features, atomically."""
    widths = {**dict.fromkeys(ERROR, ()), "latent": (rejection.latent_dim,), "logits": (rejection.num_classes,)}
    inputs = chosen({name: keras.Input(shape, name=name) for name, shape in widths.items()}, rejection)
    with written_whole(path) as temporary:
        keras.Model(inputs, rejection(inputs), name="rejection_of_features").save(temporary)


def load_rejection(path: Path) -> Rejection:
    """Read a rejection that `save_rejection` has written.

    Raises:
        RequestError: the file is missing, changed or damaged, or holds no rejection.
    """
    model = load_model(path)
    layers = [layer for layer in getattr(model, "layers", []) if isinstance(layer, Rejection)]
    if len(layers) != 1:
        raise damaged(path, "expected a rejection")
    return layers[0]
