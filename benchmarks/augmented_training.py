"""What augmentation costs: images a second of `cifar10-joint` training with its augmentations divided by without.

Run: python benchmarks/augmented_training.py [--data cifar10.npz] [--images 6400] [--epochs 3] [--engine native]

Each pass trains through the whole pipeline (order, augmentation, tf.data, fit), without and with augmentation in turn;
the first epoch of each, which builds graphs and compiles kernels, is left out. Random images unless --data names an
.npz.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])  # or `import augment` would find augment.py beside this file
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

from kerasae.data.array_images import ArrayImages
from kerasae.data.dataset import Targets, training_dataset
from kerasae.data.epoch_sampler import EpochOrder
from kerasae.data.transforms import transforms
from kerasae.models import build
from kerasae.recipe.loading import load
from kerasae.training import distribution


class Clock(keras.callbacks.Callback):
    """Notes the seconds of every epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.begin = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.seconds.append(time.perf_counter() - self.begin)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--images", type=int, default=6400)
    parser.add_argument("--epochs", type=int, default=3, help="that are timed, of each pass")
    parser.add_argument("--passes", type=int, default=2)
    parser.add_argument("--engine", choices=("native", "pil"), default="native")
    arguments = parser.parse_args()
    random, count = np.random.default_rng(0), arguments.images
    if arguments.data:
        with np.load(arguments.data) as stored:
            images, labels = stored["x_train"][:count], stored["y_train"][:count].ravel()
    else:
        images, labels = random.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8), random.integers(0, 10, count)
    recipe = load("cifar10-joint")
    phase = recipe.phases[0]
    sample_images = ArrayImages(images, labels, range(len(images)))  # type: ignore[arg-type]
    ((_, batch_size),) = phase.batch_size_stages
    order = EpochOrder(sample_images.labels, batch_size, None, 0)
    model = build(recipe.model, images.shape[1:], 10, recipe.heads, precision=distribution.precision("auto"))
    model.compile(keras.optimizers.Adam(1e-3), jit_compile=False)

    def speed(augmented: bool) -> float:
        chosen = transforms(phase.augment, "phases.0.augment") if augmented else []
        epochs = arguments.epochs + 1
        dataset = training_dataset(
            sample_images, Targets(recipe.heads, 10), order, chosen, epochs=range(epochs), engine=arguments.engine
        )
        clock = Clock()
        model.fit(dataset, epochs=epochs, steps_per_epoch=order.steps, callbacks=[clock], verbose=0, shuffle=False)
        return order.steps * order.batch_size / statistics.median(clock.seconds[1:])

    results: dict[bool, list[float]] = {False: [], True: []}
    for number in range(arguments.passes):
        for augmented in (False, True) if number % 2 == 0 else (True, False):
            results[augmented].append(speed(augmented))
            print(f"augmentation {'on ' if augmented else 'off'} {results[augmented][-1]:8.0f} images/s", flush=True)
    ratio = statistics.mean(results[True]) / statistics.mean(results[False])
    print(f"with / without augmentation ({arguments.engine}): {ratio:.3f}")


if __name__ == "__main__":
    main()
