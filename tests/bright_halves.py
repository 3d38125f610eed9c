"""The tiny task that tests train on: noise, brighter on the left or on the right."""

from pathlib import Path

import numpy as np


def bright_halves(count: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return images, uint8 (count, 8, 8, 1), and their labels, 0 and 1 in turn."""
    labels = np.arange(count) % 2
    images = random.integers(0, 120, (count, 8, 8, 1), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[:, 4 * label : 4 * label + 4] += 120
    return images, labels


def write_task(path: Path) -> None:
    """Write 48 of them to train on and 20 to test on, as an .npz."""
    random = np.random.default_rng(0)
    arrays = {}
    for split, count in (("train", 48), ("test", 20)):
        arrays[f"x_{split}"], arrays[f"y_{split}"] = bright_halves(count, random)
    np.savez(path, **arrays)
