"""A tiny task: two kinds of pattern, bright on the left or on the right."""

import numpy as np
import pytest

from kerasae.data.collection import Collection
from kerasae.data.pictures import ArrayPictures


def pictures(count: int, seed: int) -> ArrayPictures:
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    images = random.integers(0, 120, (count, 8, 8, 1), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[:, 4 * label : 4 * label + 4] += 120
    return ArrayPictures(images, labels, [str(index) for index in range(count)])


@pytest.fixture(scope="session")
def collection() -> Collection:
    return Collection(
        pictures(40, 0),
        pictures(13, 1),
        pictures(12, 2),
        ("left", "right"),
        (8, 8, 1),
        np.array([0.5, 2], np.float32),
        {},
    )
