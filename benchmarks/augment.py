"""How fast images are augmented: this package's engines, albumentations and Keras' layers, in one run.

    python benchmarks/augment.py            # about five minutes on an idle machine
    python benchmarks/augment.py --quick    # seconds; shows that it runs, the numbers mean little

Each side maps the same batches of cuts from photographs in tf.data, in turn, several rounds; the median counts.
With one thread the process is bound to one core. The sides do the same kind of work, not the same bytes: only the two
engines here are Pillow's. albumentations has no AutoAugment: the published pairs are put together from its transforms;
for Keras its RandAugment stands in. albumentations is left out where it cannot be imported: it needs OpenCV (both come
with the extra `bench`). Its successor `albumentationsx` may take its place, and needs PyTorch too.
"""

from __future__ import annotations

import argparse
import functools
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

# albumentations' documented switches for "no version check over the network" and "send nothing".
os.environ["NO_ALBUMENTATIONS_UPDATE"] = os.environ["ALBUMENTATIONS_NO_TELEMETRY"] = "1"
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

sys.path[0] = str(Path(__file__).resolve().parents[1])  # or `import augment` would find this very file

SIZES = {32: 256, 224: 32}  # side of an image: images in a batch
GOALS = {("three", 32): (10.0, 2.0), ("three", 224): (3.0, 1.0)}
Map = Callable[[Any, Any], Any]


def ours(name: str, engine: Literal["native", "pil"]) -> Map:
    import augment

    chains: dict[str, list[augment.Transform]] = {
        "three": [augment.Contrast((0.5, 1.5)), augment.Sharpness((0.5, 1.5)), augment.Equalize()],
        "auto_augment": [augment.AutoAugment("cifar10")],
    }

    def change(images: Any, number: Any) -> Any:
        import tensorflow as tf

        positions = tf.range(images.shape[0], dtype=tf.int64)
        return augment.augment_batch(images, chains[name], seed=1, epoch=number, positions=positions, engine=engine)

    return change


def albumentations_step(step: tuple[str, float, int]) -> Any:
    import albumentations as A

    name, chance, level = step
    part = level / 9
    factor = (0.1 + 1.8 * part,) * 2
    size, turn, shift = 0.3 * part * 45, 30 * part, 150 / 331 * part
    made = {
        "shear_x": lambda: A.Affine(shear={"x": (-size, size), "y": (0, 0)}, p=chance),
        "shear_y": lambda: A.Affine(shear={"x": (0, 0), "y": (-size, size)}, p=chance),
        "translate_x": lambda: A.Affine(translate_percent={"x": (-shift, shift), "y": (0, 0)}, p=chance),
        "translate_y": lambda: A.Affine(translate_percent={"x": (0, 0), "y": (-shift, shift)}, p=chance),
        "rotate": lambda: A.Rotate((-turn, turn), p=chance),
        "posterize": lambda: A.Posterize((min(round(8 - 4 * part), 7),) * 2, p=chance),
        "solarize": lambda: A.Solarize((1 - part,) * 2, p=chance),
        "auto_contrast": lambda: A.AutoContrast(p=chance),
        "equalize": lambda: A.Equalize(p=chance),
        "invert": lambda: A.InvertImg(p=chance),
        "brightness": lambda: A.ColorJitter(factor, (1, 1), (1, 1), (0, 0), p=chance),
        "contrast": lambda: A.ColorJitter((1, 1), factor, (1, 1), (0, 0), p=chance),
        "color": lambda: A.ColorJitter((1, 1), (1, 1), factor, (0, 0), p=chance),
        "sharpness": lambda: A.Sharpen((part, part), p=chance),
    }
    return made[name]()


def albumentations(name: str) -> Map:
    import albumentations as A
    import cv2
    import tensorflow as tf

    from augment.policy_tables import TABLES

    cv2.setNumThreads(1)  # tf.data gives it its threads
    if name == "three":
        changes = [
            A.ColorJitter((1, 1), (0.5, 1.5), (1, 1), (0, 0), p=1.0),
            A.Sharpen(p=1.0),
            A.Equalize(p=1.0),
        ]
    else:
        pairs = TABLES["cifar10"]
        changes = [A.OneOf([A.Sequential([albumentations_step(step) for step in pair]) for pair in pairs], p=1.0)]
    composed = A.Compose(changes)

    def change(images: Any, number: Any) -> Any:
        changed = tf.numpy_function(
            lambda batch: np.stack([composed(image=image)["image"] for image in batch]), [images], tf.uint8
        )
        changed.set_shape(images.shape)
        return changed

    return change


def keras_layers(name: str) -> Map:
    import keras

    if name == "three":
        layers = [
            keras.layers.RandomContrast(0.5, value_range=(0, 255)),
            keras.layers.RandomSharpness((0.0, 1.0), value_range=(0, 255)),
            keras.layers.Equalization(value_range=(0, 255)),
        ]
    else:
        layers = [keras.layers.RandAugment(value_range=(0, 255), num_ops=2)]
    return lambda images, number: functools.reduce(lambda value, layer: layer(value, training=True), layers, images)


def photographs(size: int, num: int) -> np.ndarray:
    """Return uint8 (num, size, size, 3): random squares of the photographs that scikit-learn ships, shrunk."""
    from PIL import Image
    from sklearn.datasets import load_sample_images

    random, photos, cuts = np.random.default_rng(0), load_sample_images().images, []
    for index in range(num):
        photo = photos[index % len(photos)]
        side = int(random.integers(size, photo.shape[0]))
        top, left = (int(random.integers(0, room - side)) for room in photo.shape[:2])
        cut = Image.fromarray(photo[top : top + side, left : left + side])
        cuts.append(np.asarray(cut.resize((size, size))))
    return np.stack(cuts)


def measured(sides: dict[str, Map], size: int, threads: int, seconds: float, rounds: int) -> dict[str, float]:
    """Return the images a second of each side, the median of `rounds` turns of about `seconds` each."""
    import tensorflow as tf

    num = SIZES[size]
    images = tf.constant(photographs(size, num))

    def run(change: Map, batches: int) -> float:
        dataset = tf.data.Dataset.range(batches).map(
            lambda number: change(images, number), num_parallel_calls=threads, deterministic=True
        )
        options = tf.data.Options()
        options.threading.private_threadpool_size = threads
        options.threading.max_intra_op_parallelism = threads
        start = time.perf_counter()
        for _ in dataset.with_options(options):
            pass
        return time.perf_counter() - start

    batches = {}
    for name, change in sides.items():
        run(change, 2 * threads)  # compiles, traces and fills caches
        batches[name] = max(2 * threads, int(seconds * 8 / run(change, 8)))
    speeds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, change in sides.items():
            speeds[name].append(batches[name] * num / run(change, batches[name]))
    return {name: statistics.median(values) for name, values in speeds.items()}


def importable() -> str:
    """Return albumentations' name and version, or "" after saying why it cannot take part."""
    try:
        import albumentations as A
    except ImportError as error:
        print(f"albumentations is left out: {str(error).splitlines()[0]}")
        return ""
    return f"albumentations {A.__version__}"


def measure_all(threads: int, quick: bool) -> None:
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    seconds, rounds = (0.1, 1) if quick else (3.0, 5)
    for name in ("three", "auto_augment"):
        sides = {
            "native": ours(name, "native"),
            "pil": ours(name, "pil"),
            "keras": keras_layers(name),
        }
        with_albumentations = importable()
        if with_albumentations:
            sides[with_albumentations] = albumentations(name)
        title = {"three": "contrast + sharpness + equalize", "auto_augment": "AutoAugment (Keras: RandAugment)"}[name]
        for size in SIZES:
            speeds = measured(sides, size, threads, seconds, rounds)
            print(f"{title}, {size}x{size}x3, {threads} thread(s)")
            for side, speed in speeds.items():
                print(
                    f"    {side:21}{speed:12,.0f} images/s    native is {speeds['native'] / speed:8.2f} times as fast"
                )
            if (name, size) in GOALS:
                print("    to reach: {:g} times pil, {:g} times albumentations".format(*GOALS[name, size]))
            sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a fraction of a second for each side")
    parser.add_argument("--threads", type=int, help="measure with this many only; 1 and 2 in turn if left out")
    options = parser.parse_args()
    if options.threads is not None:
        if options.threads == 1 and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        measure_all(options.threads, options.quick)
        return
    for threads in (1, 2):  # a process each, as TensorFlow counts the cores only once
        again = [sys.executable, __file__, "--threads", str(threads), *(["--quick"] if options.quick else [])]
        subprocess.run(again, check=True)


if __name__ == "__main__":
    main()
