"""Training speed of the `cifar10-joint` model: ours against plain Keras layers and PyTorch, one after the other.

Run: python benchmarks/training.py [--seconds 10] [--batch-size 64]

Every contender trains the same network (vgg family, 1.5 million parameters, Adam, both heads) on random images from
memory, in its own turn in one process; the first steps, which build graphs, are left out. PyTorch is measured if it is
installed.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

from kerasae.models import blocks as parts
from kerasae.models import build
from kerasae.recipe import HEADS, ModelRecipe, Spec

SHAPE, CLASSES = (32, 32, 3), 10


def measure(step: Callable[[], object], batch_size: int, seconds: float) -> float:
    """Return images a second of a training step, without its first three calls."""
    for _ in range(3):
        step()
    count, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < seconds:
        step()
        count += 1
    return count * batch_size / (time.perf_counter() - begin)


def keras_step(batch_size: int, precision: str, fused: bool, jit_compile: bool) -> Callable[[], object]:
    """Return a training step of the joint model, with our batch normalization or Keras' own."""
    ours = parts.BatchNormalization
    if not fused:
        parts.BatchNormalization = keras.layers.BatchNormalization  # type: ignore[misc]
    try:
        model = build(ModelRecipe(encoder=Spec(name="vgg")), SHAPE, CLASSES, HEADS, precision=precision)
    finally:
        parts.BatchNormalization = ours  # type: ignore[misc]
    model.compile(keras.optimizers.Adam(1e-3), jit_compile=jit_compile)
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (batch_size, *SHAPE), dtype=np.uint8)
    targets = {
        "reconstruction": (images / 255).astype(np.float32),
        "label": np.eye(CLASSES, dtype=np.float32)[random.integers(0, CLASSES, batch_size)],
    }
    weights = {head: np.ones(batch_size, np.float32) for head in targets}
    return lambda: model.train_on_batch(images, targets, sample_weight=weights)


def torch_step(batch_size: int, bfloat16: bool) -> Callable[[], object]:
    """Return a training step of the same network in PyTorch, eager, channels last."""
    import torch
    from torch import nn

    def conv(inputs: int, outputs: int, kind: type[nn.Module] = nn.Conv2d, **more: int) -> nn.Sequential:
        return nn.Sequential(
            kind(inputs, outputs, 3, padding=1, bias=False, **more), nn.BatchNorm2d(outputs), nn.ReLU()
        )

    def up(inputs: int, outputs: int) -> nn.Sequential:
        return conv(inputs, outputs, nn.ConvTranspose2d, stride=2, output_padding=1)

    pool = nn.MaxPool2d(2)
    encoder = nn.Sequential(conv(3, 32), conv(32, 32), pool, conv(32, 64), conv(64, 64), pool)
    decoder = nn.Sequential(
        up(64, 64), conv(64, 64), up(64, 32), conv(32, 32), nn.Conv2d(32, 3, 3, padding=1), nn.Sigmoid()
    )
    classifier = nn.Sequential(
        *(conv(64, 128), conv(128, 128), pool, nn.Dropout(0.4), conv(128, 256), conv(256, 256), pool, nn.Dropout(0.4)),
        *(nn.Flatten(), nn.Linear(1024, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU(), nn.Dropout(0.4)),
        nn.Linear(256, CLASSES),
    )
    model = nn.ModuleList([encoder, decoder, classifier]).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    images = torch.rand(batch_size, 3, 32, 32).to(memory_format=torch.channels_last)
    labels = torch.randint(0, CLASSES, (batch_size,))

    def step() -> float:
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            latent = encoder(images)
            reconstruction, logits = decoder(latent), classifier(latent)
        loss = nn.functional.mse_loss(reconstruction.float(), images)
        loss = loss + nn.functional.cross_entropy(logits.float(), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0, help="for each contender")
    parser.add_argument("--batch-size", type=int, default=64)
    arguments = parser.parse_args()
    size, seconds = arguments.batch_size, arguments.seconds
    contenders: dict[str, Callable[[], Callable[[], object]]] = {
        "kerasae float32": lambda: keras_step(size, "float32", True, False),
        "kerasae bfloat16": lambda: keras_step(size, "mixed_bfloat16", True, False),
        "kerasae bfloat16, XLA": lambda: keras_step(size, "mixed_bfloat16", True, True),
        "Keras' layers float32": lambda: keras_step(size, "float32", False, False),
        "Keras' layers bfloat16": lambda: keras_step(size, "mixed_bfloat16", False, False),
        "PyTorch float32": lambda: torch_step(size, False),
        "PyTorch bfloat16": lambda: torch_step(size, True),
    }
    speeds: dict[str, float] = {}
    for name, make in contenders.items():
        try:
            speeds[name] = measure(make(), size, seconds)
        except ModuleNotFoundError:
            print(f"{name:24} not installed")
            continue
        print(f"{name:24} {speeds[name]:8.0f} images/s", flush=True)
    for precision in ("float32", "bfloat16"):
        for peer in ("Keras' layers", "PyTorch"):
            if f"{peer} {precision}" in speeds:
                ratio = speeds[f"kerasae {precision}"] / speeds[f"{peer} {precision}"]
                print(f"kerasae / {peer}, {precision}: {ratio:.2f}")


if __name__ == "__main__":
    main()
