"""What a trained model is made of: its kernels, and what its layers make of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np

from kerasae.models.kernels import kernels
from kerasae.report.figures.kernels import Kernel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kerasae.models import JointAutoencoder

CHANNELS = 8
LAYERS = 6


def weights(model: JointAutoencoder, initial: JointAutoencoder | None) -> dict[str, Kernel]:
    """Return every kernel by part and name, with its initial weights where the untrained model is at hand."""
    found: dict[str, Kernel] = {}
    for part in ("encoder", "decoder", "classifier"):
        before = kernels(getattr(initial, part, None))
        for place, (name, trained) in enumerate(kernels(getattr(model, part, None))):
            start = before[place][1].ravel() if before else None
            found[f"{part} {place + 1}: {name}"] = Kernel(trained.ravel(), start)
    return found


def first_filters(model: JointAutoencoder) -> np.ndarray | None:
    """Return what the encoder's first kernel looks for: float (filters, h, w, C), None where that is no image."""
    found = kernels(model.encoder)
    if not found:
        return None
    kernel, image_shape = found[0][1], model.encoder.input_shape[1:]
    if kernel.ndim == 4 and kernel.shape[2] == image_shape[2]:
        return np.moveaxis(kernel, -1, 0)
    if kernel.ndim == 2 and kernel.shape[0] == np.prod(image_shape):
        return kernel.T.reshape(-1, *image_shape)
    return None


def activations(model: JointAutoencoder, image: np.ndarray) -> dict[str, np.ndarray]:
    """Return the strongest channels of the encoder's maps for an image.

    Args:
        model: as trained.
        image: uint8 (H, W, C).

    Returns:
        By layer, from the image inwards, at most `LAYERS`: float (h, w, up to `CHANNELS`), the channels with the
        largest variance over the image first.
    """
    layers = list(enumerate(_maps(model.encoder), start=1))
    total = len(layers)
    if not layers:
        return {}
    layers = [layers[index] for index in np.unique(np.linspace(0, total - 1, min(LAYERS, total)).astype(int))]
    inner = keras.Model(model.encoder.input, [layer.output for _, layer in layers])
    outputs = inner(image[None].astype(np.float32) / 255.0, training=False)
    found = {}
    outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
    for (place, layer), output in zip(layers, outputs, strict=True):
        values = np.asarray(keras.ops.convert_to_numpy(output), np.float32)[0]
        strongest = np.argsort(-values.var(axis=(0, 1)), kind="stable")[:CHANNELS]
        size = "x".join(map(str, values.shape))
        found[f"{_kind(layer)} {place} of {total}, {size}"] = values[..., strongest]
    return found


def _maps(encoder: keras.Model) -> Iterator[keras.layers.Layer]:
    """Walk over the layers that end a block: activations of maps, or convolutions where there is none."""
    kinds: tuple[type, ...] = (keras.layers.Activation, keras.layers.ReLU, keras.layers.LeakyReLU)
    maps = [layer for layer in encoder.layers if len(getattr(layer.output, "shape", ())) == 4]
    ends = [layer for layer in maps if isinstance(layer, kinds)]
    yield from ends or [layer for layer in maps if kernels(layer)]


def _kind(layer: keras.layers.Layer) -> str:
    return "convolution" if kernels(layer) else "activation"
