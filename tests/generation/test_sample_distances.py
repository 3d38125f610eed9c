import itertools

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from kerasae.generation.distances import frechet_distance, nearest_distances
from kerasae.training.generator_samples import diversity

RANDOM = np.random.default_rng(0)


def test_diversity_is_that_of_all_pairs() -> None:
    values, labels = RANDOM.normal(size=(9, 5)), np.array([0, 0, 0, 0, 1, 1, 1, 1, 2])
    by_pairs = [
        np.sqrt(np.mean([np.mean((a - b) ** 2) for a, b in itertools.combinations(values[labels == label], 2)]))
        for label in (0, 1)
    ]
    assert diversity(values, labels) == pytest.approx(np.mean(by_pairs))


def test_one_image_of_a_class_has_no_diversity() -> None:
    assert diversity(np.zeros((2, 3)), np.array([0, 1])) is None
    assert diversity(np.ones((4, 3)), np.zeros(4)) == 0.0


@pytest.mark.parametrize("block", [2**26, 64])
def test_nearest_is_what_scikit_learn_finds(block: int) -> None:
    known = RANDOM.integers(0, 256, (40, 12), dtype=np.uint8)
    samples = RANDOM.random((7, 12)).astype(np.float32)
    distances, expected_indices = NearestNeighbors(n_neighbors=1).fit(known / 255.0).kneighbors(samples)
    nearest, indices = nearest_distances(samples, known, block_values=block)
    np.testing.assert_array_equal(indices, expected_indices[:, 0])
    np.testing.assert_allclose(nearest, distances[:, 0] / np.sqrt(12), rtol=1e-4)


def test_a_copy_is_its_own_neighbour() -> None:
    known = RANDOM.integers(0, 256, (30, 50), dtype=np.uint8)
    distances, expected_indices = nearest_distances(known[[4, 9]].astype(np.float32) / 255.0, known)
    np.testing.assert_array_equal(expected_indices, [4, 9])
    np.testing.assert_allclose(distances, 0.0, atol=1e-3)  # products of float32 lose the last digits


def test_frechet_of_known_gaussians() -> None:
    """In one dimension (m1 - m2)^2 + (s1 - s2)^2, and dimensions that do not depend on each other add."""
    first_features = np.stack([np.tile([0.0, 2.0], 2), np.repeat([0.0, 4.0], 2)], axis=1)
    second_features = np.stack([np.tile([3.0, 9.0], 2), np.repeat([1.0, 5.0], 2)], axis=1)
    deviations = [part.std(axis=0, ddof=1) for part in (first_features, second_features)]
    expected = np.sum((first_features.mean(axis=0) - second_features.mean(axis=0)) ** 2) + np.sum(
        (deviations[0] - deviations[1]) ** 2
    )
    assert frechet_distance(first_features, second_features) == pytest.approx(expected)
    assert frechet_distance(second_features, first_features) == pytest.approx(expected)


def test_frechet_of_a_rotated_gaussian() -> None:
    """Covariances that do not commute: against the matrix square root of SciPy."""
    from scipy.linalg import sqrtm

    first_features, second_features = (
        RANDOM.normal(size=(50, 4)) @ RANDOM.normal(size=(4, 4)),
        RANDOM.normal(size=(60, 4)) + 1.0,
    )
    first, second = np.cov(first_features, rowvar=False), np.cov(second_features, rowvar=False)
    shift = np.sum((first_features.mean(axis=0) - second_features.mean(axis=0)) ** 2)
    expected = shift + np.trace(first + second - 2.0 * np.real(sqrtm(first @ second)))
    assert frechet_distance(first_features, second_features) == pytest.approx(expected)
    assert frechet_distance(first_features, first_features) == pytest.approx(0.0, abs=1e-9)


def test_one_image_has_no_frechet_distance() -> None:
    assert frechet_distance(np.zeros((1, 3)), np.zeros((5, 3))) is None
