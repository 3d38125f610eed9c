"""Policies: how often each operation is drawn, and how strongly."""

from __future__ import annotations

import numpy as np
import pytest

import augment
from augment.policy_tables import TABLES

NUM = 20_000


def near(count: int, chance: float, num: int) -> bool:
    """Whether a binomial count lies within five standard errors of its mean."""
    return abs(count - num * chance) <= 5 * (num * chance * (1 - chance)) ** 0.5


@pytest.mark.parametrize("policy", TABLES)
def test_auto_augment_draws_the_table(policy: str) -> None:
    transform = augment.AutoAugment(policy)
    params = transform.sample(augment.Draws.at(1, 2, np.arange(NUM)))
    for index, pair in enumerate(TABLES[policy]):
        rows = params["pair"] == index
        assert near(rows.sum(), 1 / 25, NUM)
        for stage, (name, chance, level) in enumerate(pair):
            happened = params["operation"][rows, stage] != -1
            assert near(happened.sum(), chance, rows.sum()), (pair, stage)
            used = {int(operation) for operation in params["operation"][rows, stage][happened]}
            assert {transform.operations[operation].transform.name for operation in used} <= {name}
            values = set(np.abs(params["value"][rows, stage][happened]))
            one = next(one for one in transform.operations if one.transform.name == name)
            assert values <= {abs(float(one.at(level / 9, 1.0)))}


def test_the_tables_have_25_pairs_of_probabilities_and_levels() -> None:
    for table in TABLES.values():
        assert len(table) == 25
        assert all(0 <= chance <= 1 and 0 <= level <= 9 for pair in table for _, chance, level in pair)


def test_levels_span_the_ranges_of_the_paper() -> None:
    space = {one.transform.name: one for one in augment.AutoAugment().operations}
    spans = {
        "contrast": (0.1, 1.9),
        "posterize": (8, 4),
        "solarize": (256, 0),
        "shear_x": (0.0, 0.3),
        "rotate": (0.0, 30.0),
        "translate_y": (0.0, 150 / 331),
    }
    for name, (low, high) in spans.items():
        assert space[name].at(0.0, 1.0) == pytest.approx(low)
        assert space[name].at(1.0, 1.0) == pytest.approx(high)
    assert space["rotate"].at(1.0, -1.0) == -30.0
    assert space["contrast"].at(1.0, -1.0) == pytest.approx(1.9)


@pytest.mark.parametrize("transform", [augment.RandAugment(2, 10), augment.TrivialAugment()], ids=repr)
def test_each_of_14_operations_is_equally_likely_and_goes_both_ways(transform: augment.RandAugment) -> None:
    params = transform.sample(augment.Draws.at(1, 2, np.arange(NUM)))
    for stage in range(params["operation"].shape[1]):
        operation, value = params["operation"][:, stage], params["value"][:, stage]
        assert all(near((operation == index).sum(), 1 / 14, NUM) for index in range(-1, 13))
        for index, one in enumerate(transform.operations):
            if one.mirrored:
                moved = value[operation == index] - one.low
                assert near((moved > 0).sum(), 0.5, (moved != 0).sum())


def test_rand_augment_of_no_magnitude_only_stretches_histograms() -> None:
    params = augment.RandAugment(1, 0).sample(augment.Draws.at(1, 2, np.arange(500)))
    still = {"rotate": 0, "solarize": 256, "posterize": 8, "color": 1, "shear_x": 0}
    operations = augment.RandAugment(1, 0).operations
    for index, one in enumerate(operations):
        if one.transform.name in still:
            assert set(params["value"][params["operation"] == index]) == {still[one.transform.name]}


def test_trivial_augment_takes_31_strengths() -> None:
    transform = augment.TrivialAugment()
    params = transform.sample(augment.Draws.at(1, 2, np.arange(NUM)))
    rotate = [one.transform.name for one in transform.operations].index("rotate")
    turns = np.unique(np.abs(params["value"][params["operation"] == rotate]).round(6))
    np.testing.assert_allclose(turns, np.linspace(0, 135, 31))


def test_trivial_augment_shifts_by_pixels() -> None:
    shift = next(one for one in augment.TrivialAugment(fill=0).operations if one.transform.name == "translate_x")
    images = np.arange(1, 81, dtype=np.uint8).reshape(1, 1, 80, 1)
    moved = shift.transform.batch(images, **shift.params(np.array([32.0])))
    np.testing.assert_array_equal(moved[0, 0, :48], images[0, 0, 32:])
