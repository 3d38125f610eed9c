from dataclasses import replace

import numpy as np
import pytest

from kerasae.data.array_images import ArrayImages
from kerasae.data.fingerprint import check_unchanged, fingerprint, model_input_hash
from kerasae.runs.data_facts import DataFacts, SplitCounts
from kerasae.utils.errors import RequestError


def sample_images(labels: list[int]) -> ArrayImages:
    images = np.arange(4 * 3, dtype=np.uint8).reshape(3, 2, 2, 1)
    return ArrayImages(images, np.array(labels), ["a", "b", "c"])


def test_changes_with_pixels_labels_order_and_splits_but_not_with_names() -> None:
    first = sample_images([0, 1, -1])
    same = fingerprint({"train": first})
    assert same == fingerprint({"train": ArrayImages(first.images, first.labels, ["x", "y", "z"])})
    others = (
        {"train": sample_images([0, 0, -1])},
        {"train": ArrayImages(first.images + np.uint8(1), first.labels, first.names)},
        {"train": first.select([1, 0, 2])},
        {"test": first},
        {"train": first.select([0, 1]), "test": first.select([2])},
    )
    assert same not in {fingerprint(splits) for splits in others}


def test_what_changed_is_refused() -> None:
    facts = DataFacts(fingerprint="a", source="here", counts={"train": SplitCounts(3), "test": SplitCounts(2)})
    check_unchanged(facts, facts, "x")
    with pytest.raises(RequestError, match=r"that x was made with, 5 in here\. Received: 5, not all of them the same"):
        check_unchanged(facts, replace(facts, fingerprint="b"), "x")


def test_images_are_the_same_by_what_a_model_sees() -> None:
    first = sample_images([0, 1, -1])
    same = model_input_hash(first)
    assert same == model_input_hash(ArrayImages(first.images, first.labels, ["x", "y", "z"]))
    others = (
        sample_images([0, 0, -1]),
        ArrayImages(first.images + np.uint8(1), first.labels, first.names),
        ArrayImages(first.images.reshape(3, 4, 1, 1), first.labels, first.names),
        first.select([1, 0, 2]),
        first.select([0, 1]),
    )
    assert same not in {model_input_hash(other) for other in others}
