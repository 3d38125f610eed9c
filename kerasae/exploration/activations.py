"""Reads a trained model's kernels, first-layer filters and activations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np

from kerasae.models.kernels import kernels
from kerasae.report.kernel_histogram import Kernel
from kerasae.utils.pixels import scale_images

if TYPE_CHECKING:
    from kerasae.models import JointAutoencoder

MAX_CHANNELS = 8
MAX_LAYERS = 6


def kernel_weights(model: JointAutoencoder, initial: JointAutoencoder | None) -> dict[str, Kernel]:
    """Return every kernel of a model, by part, position and name.

    Args:
        model: a trained model.
        initial: the untrained model, whose weights are returned as the initial ones; None if there is none.
    """
    by_title: dict[str, Kernel] = {}
    for part in ("encoder", "decoder", "classifier"):
        initial_kernels = kernels(getattr(initial, part, None))
        for index, (name, trained) in enumerate(kernels(getattr(model, part, None))):
            initial_weights = initial_kernels[index][1].ravel() if initial_kernels else None
            by_title[f"{part} {index + 1}: {name}"] = Kernel(trained.ravel(), initial_weights)
    return by_title


def first_layer_filters(model: JointAutoencoder) -> np.ndarray | None:
    """Return the filters of the encoder's first layer as images: float (filters, h, w, C).

    Returns:
        None if the first kernel does not apply to the pixels of an image.
    """
    encoder_kernels = kernels(model.encoder)
    if not encoder_kernels:
        return None
    kernel, image_shape = encoder_kernels[0][1], model.encoder.input_shape[1:]
    if kernel.ndim == 4 and kernel.shape[2] == image_shape[2]:
        return np.moveaxis(kernel, -1, 0)
    if kernel.ndim == 2 and kernel.shape[0] == np.prod(image_shape):
        return kernel.T.reshape(-1, *image_shape)
    return None


def activations(model: JointAutoencoder, image: np.ndarray) -> dict[str, np.ndarray]:
    """Return the channels of the encoder's feature maps that vary most over an image.

    Args:
        model: a trained model.
        image: uint8 (H, W, C).

    Returns:
        By title of the layer, from the first layer on, at most `MAX_LAYERS`: float (h, w, up to `MAX_CHANNELS`), the
        channels with the largest variance first.
    """
    layers = list(enumerate(_feature_map_layers(model.encoder), start=1))
    num_layers = len(layers)
    if not layers:
        return {}
    shown = np.unique(np.linspace(0, num_layers - 1, min(MAX_LAYERS, num_layers)).astype(int))
    layers = [layers[index] for index in shown]
    inner = keras.Model(model.encoder.input, [layer.output for _, layer in layers])
    outputs = inner(scale_images(image[None]), training=False)
    outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
    by_title = {}
    for (position, layer), output in zip(layers, outputs, strict=True):
        values = np.asarray(keras.ops.convert_to_numpy(output), np.float32)[0]
        channels = np.argsort(-values.var(axis=(0, 1)), kind="stable")[:MAX_CHANNELS]
        kind = "convolution" if kernels(layer) else "activation"
        by_title[f"{kind} {position} of {num_layers}, {'x'.join(map(str, values.shape))}"] = values[..., channels]
    return by_title


def _feature_map_layers(encoder: keras.Model) -> list[keras.layers.Layer]:
    """Return the activation layers with feature maps, or the convolutions if there are none."""
    activation_types = (keras.layers.Activation, keras.layers.ReLU, keras.layers.LeakyReLU)
    with_maps = [layer for layer in encoder.layers if len(getattr(layer.output, "shape", ())) == 4]
    activation_layers = [layer for layer in with_maps if isinstance(layer, activation_types)]
    return activation_layers or [layer for layer in with_maps if kernels(layer)]
