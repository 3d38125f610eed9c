"""In what recipes differ: told as people read it, decided by what is there."""

from __future__ import annotations

from typing import Any

import pytest

from kerasae.recipe.differences import first_difference
from kerasae.recipe.loading import load


def tree(*overrides: str) -> dict[str, Any]:
    return load("joint", overrides).model_dump(mode="json")


@pytest.mark.parametrize(
    ("one", "other", "difference"),
    [
        ("phases.0.epochs=2", "phases.0.epochs=3", ("phases.0.epochs", "2", "3")),
        ("seed=1", "model.dropout=0.5", ("model.dropout", "0", "0.5")),
        (
            "phases.0.optimizer={name='adam', learning_rate=0.00123456}",
            "phases.0.optimizer={name='adam', learning_rate=0.001234562}",
            ("phases.0.optimizer.learning_rate", "0.00123456", "0.001234562"),
        ),
        ("data.class_names=['a','b']", "data.class_names=['a, b']", ("data.class_names", "['a', 'b']", "['a, b']")),
    ],
)
def test_the_first_difference_is_found_and_told(one: str, other: str, difference: tuple[str, str, str]) -> None:
    assert first_difference(tree(one), tree(one)) is None
    assert first_difference(tree(one), tree(other)) == difference


def test_what_no_run_depends_on_is_no_difference() -> None:
    assert first_difference(tree("title=one"), tree("title=other")) is None
