"""A tiny task: two kinds of pattern, bright on the left or on the right."""

import numpy as np
import pytest
from bright_halves import bright_halves

from kerasae.data.collection import Collection
from kerasae.data.images import ArrayPictures


def pictures(count: int, seed: int) -> ArrayPictures:
    images, labels = bright_halves(count, np.random.default_rng(seed))
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
        {"source": "tiny"},
    )
