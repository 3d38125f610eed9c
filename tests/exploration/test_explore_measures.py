import numpy as np
import pytest

from kerasae.exploration.maps import principal_components, reduce
from kerasae.exploration.measures import centroid_distances, purity
from kerasae.exploration.neighbors import nearest_neighbours

RANDOM = np.random.default_rng(0)


def groups(far: float, count: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """Two round groups of five values each, `far` deviations apart along the first."""
    labels = np.repeat([0, 1], count)
    points = RANDOM.normal(size=(2 * count, 5))
    points[:, 0] += far * labels
    return points.astype(np.float32), labels


def test_purity_of_groups_far_apart_and_of_one_cloud() -> None:
    points, labels = groups(50)
    measured = purity(points, labels, 3)
    assert measured is not None
    assert measured.overall == 1.0
    assert measured.per_class == (1.0, 1.0, None)
    assert measured.chance == pytest.approx(29 / 59)
    mixed = purity(*groups(0, 300), 2)
    assert mixed is not None
    assert mixed.overall == pytest.approx(mixed.chance, abs=0.06)


def test_purity_by_hand_leaves_out_the_unlabelled() -> None:
    points = np.array([[0.0], [1.0], [1.1], [9.0], [0.1]])
    measured = purity(points, np.array([0, 0, 1, 1, -1]), 2)
    assert measured is not None
    assert measured.neighbours == 3  # all the others
    assert measured.overall == pytest.approx(1 / 3)
    assert purity(points, np.full(5, -1), 2) is None


def test_centroid_distances_by_hand() -> None:
    latent = np.array([[0.0, 1.0], [0.0, -1.0], [6.0, 1.0], [6.0, -1.0]])
    distances = centroid_distances(latent, np.array([0, 0, 1, 1]), 3)
    assert distances[0][1] == pytest.approx(6.0)  # images lie 1 from their centre
    assert distances[0][0] == 0.0
    assert distances[2] == [None, None, None]


def test_neighbours_are_the_nearest_in_order() -> None:
    space = np.array([[0.0, 0.0], [3.0, 4.0], [1.0, 0.0]])
    ((first, second, third),) = nearest_neighbours(space, np.array([[0.0, 0.0]]), 9)
    assert [first.index, second.index, third.index] == [0, 2, 1]
    assert third.distance == pytest.approx(5.0)


@pytest.mark.parametrize("method", ["pca", "tsne", "umap"])
def test_maps_keep_groups_apart_and_come_out_the_same_again(method: str) -> None:
    points, labels = groups(60)
    components, shares = principal_components(points, seed=0)
    assert shares[0] > 0.9
    xy = reduce(method, components, 5.0, seed=0)
    assert (xy.shape, xy.dtype) == ((60, 2), np.float32)
    measured = purity(xy, labels, 2)
    assert measured is not None
    assert measured.overall > 0.95
    np.testing.assert_array_equal(xy, reduce(method, components, 5.0, seed=0))


@pytest.mark.parametrize("method", ["pca", "tsne", "umap"])
@pytest.mark.parametrize("values", [np.zeros((20, 4)), RANDOM.normal(size=(20, 1))], ids=["constant", "one value"])
def test_maps_of_degenerate_latents_are_numbers(method: str, values: np.ndarray) -> None:
    components, _ = principal_components(values, seed=0)
    xy = reduce(method, components, 3.0, seed=0)
    assert xy.shape == (20, 2)
    assert np.isfinite(xy).all()
