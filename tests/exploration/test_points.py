from itertools import combinations

import numpy as np
import pytest

from kerasae.exploration.figures.points import maps, plane
from kerasae.exploration.maps import Map

NAMES = ["pullover", "coat", "shirt", "trouser"]


@pytest.fixture
def points() -> np.ndarray:
    """Three classes in one place, and a fourth far off."""
    middles = np.repeat([[0, 0], [0, 0], [0.01, 0.01], [9, 9]], 20, axis=0)
    return (middles + np.random.default_rng(0).normal(size=(80, 2)) / 10).astype(np.float32)


@pytest.mark.parametrize("kind", ["maps", "plane"])
def test_no_name_covers_another(points: np.ndarray, kind: str) -> None:
    labels, wrong = np.repeat(np.arange(4), 20), np.zeros(80, bool)
    if kind == "maps":
        figure = maps([Map("pca", space, points) for space in ("latent", "pixels")], labels, wrong, NAMES)
    else:
        figure = plane(points, None, (-1, 10, -1, 10), labels, wrong, NAMES)
    figure.draw_without_rendering()
    for axes in figure.axes:
        boxes = {text.get_text(): text.get_window_extent() for text in axes.texts}
        assert set(boxes) == set(NAMES)
        assert not any(first.overlaps(second) for first, second in combinations(boxes.values(), 2))
        alone = axes.transData.inverted().transform((0, (boxes["trouser"].y0 + boxes["trouser"].y1) / 2))[1]
        assert alone == pytest.approx(9, abs=0.2)  # where nothing is in the way, a name stays in the middle
