from __future__ import annotations

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from kerasae.data.weights import class_weights
from kerasae.utils.errors import RequestError

NAMES = ("a", "b", "c")
LABELS = np.array([0] * 50 + [1] * 7 + [2] * 3 + [-1] * 11)


def test_balanced_is_scikit_learns() -> None:
    labelled = LABELS[LABELS >= 0]
    expected = compute_class_weight("balanced", classes=np.arange(3), y=labelled)
    found = class_weights("balanced", LABELS, NAMES)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-6)  # float32
    # Every class counts alike, and the mean weight of an image is 1.
    np.testing.assert_allclose(np.bincount(labelled) * found, len(labelled) / 3, rtol=1e-6)


def test_a_class_without_images_weighs_1() -> None:
    np.testing.assert_array_equal(
        class_weights("balanced", np.array([0, 0, 1, 1]), NAMES), np.float32([4 / 6, 4 / 6, 1])
    )


def test_a_table_and_none() -> None:
    np.testing.assert_array_equal(class_weights({"c": 2.5, "a": 0.0}, LABELS, NAMES), [0, 1, 2.5])
    np.testing.assert_array_equal(class_weights("none", LABELS, NAMES), [1, 1, 1])
    assert class_weights("balanced", LABELS[LABELS < 0], ()).shape == (0,)


def test_weights_of_zero_alone_are_refused() -> None:
    with pytest.raises(RequestError, match=r"data.class_weights: expected a weight above 0 .* Received: {'a': 0.0"):
        class_weights(dict.fromkeys(NAMES, 0.0), LABELS, NAMES)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(
        RequestError, match=r"data.class_weights: .* trouser. Received: 'trousers'. Did you mean 'trouser'"
    ):
        class_weights({"trousers": 2.0}, LABELS, ("hat", "shirt", "trouser"))
