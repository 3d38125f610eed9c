"""A tiny task: two kinds of pattern, bright on the left or on the right."""

import numpy as np
import pytest
from bright_halves import bright_halves

from kerasae.data.array_images import ArrayImages
from kerasae.data.collection import Collection
from kerasae.runs.data_facts import DataFacts


def sample_images(count: int, seed: int) -> ArrayImages:
    images, labels = bright_halves(count, np.random.default_rng(seed))
    return ArrayImages(images, labels, [str(index) for index in range(count)])


@pytest.fixture(scope="session")
def collection() -> Collection:
    return Collection(
        sample_images(40, 0),
        sample_images(13, 1),
        sample_images(12, 2),
        ("left", "right"),
        (8, 8, 1),
        np.array([0.5, 2], np.float32),
        DataFacts(source="tiny"),
    )
