"""The random draws: what they depend on, and how they are distributed."""

from __future__ import annotations

import numpy as np
import pytest

from augment import Draws

NUM = 100_000


def draws(seed: int = 0) -> Draws:
    return Draws.at(seed, 0, np.arange(NUM))


def test_a_image_draws_the_same_alone_and_among_others() -> None:
    many, few = Draws.at(3, 1, np.arange(50)), Draws.at(3, 1, [7, 31])
    for name, arguments in [
        ("uniform", ()),
        ("integers", (0, 9)),
        ("normal", ()),
        ("beta", (0.3, 0.3)),
        ("bits", ()),
        ("uniform", (2.0, 3.0)),
    ]:
        all_values = getattr(many, name)(*arguments)
        np.testing.assert_array_equal(all_values[[7, 31]], getattr(few, name)(*arguments))
    np.testing.assert_array_equal(many.stream(4).bits()[[7, 31]], few.stream(4).bits())


def test_seed_epoch_position_and_stream_each_matter() -> None:
    keys = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (-1, 0, 0), (0, 2**40, 0)]
    words = {int(Draws.at(seed, epoch, [position]).bits()[0]) for seed, epoch, position in keys}
    words |= {int(Draws.at(0, 0, [0]).stream(index).bits()[0]) for index in range(3)}
    assert len(words) == len(keys) + 3


def test_uniform_is_uniform_and_neighbours_are_independent() -> None:
    values = draws().uniform(-1.0, 3.0)
    error = 4 / 12**0.5 / NUM**0.5
    assert abs(values.mean() - 1.0) < 5 * error
    assert values.min() >= -1.0
    assert values.max() < 3.0
    counts = np.histogram(values, 64, (-1.0, 3.0))[0]
    # Chi-squared with 63 degrees of freedom: mean 63, standard deviation sqrt(126).
    assert ((counts - NUM / 64) ** 2 / (NUM / 64)).sum() < 63 + 5 * 126**0.5
    assert abs(np.corrcoef(values[:-1], values[1:])[0, 1]) < 5 / NUM**0.5
    same = draws()
    assert abs(np.corrcoef(same.uniform(), same.uniform())[0, 1]) < 5 / NUM**0.5
    np.testing.assert_array_equal(draws().uniform(0.7, 0.7), 0.7)


def test_integers_take_every_value_alike() -> None:
    counts = np.bincount(draws().integers(2, 9))
    assert counts[:2].sum() == 0
    assert len(counts) == 9
    assert (abs(counts[2:] - NUM / 7) < 5 * (NUM / 7) ** 0.5).all()


def test_normal_has_its_moments() -> None:
    values = draws().normal(2.0, 3.0)
    assert abs(values.mean() - 2.0) < 5 * 3 / NUM**0.5
    assert abs(values.std() - 3.0) < 5 * 3 / (2 * NUM) ** 0.5
    assert abs((((values - 2) / 3) ** 4).mean() - 3.0) < 5 * (96 / NUM) ** 0.5


@pytest.mark.parametrize(("alpha", "beta"), [(0.01, 0.01), (0.2, 0.2), (1.0, 1.0), (2.0, 5.0)])
def test_beta_has_its_moments(alpha: float, beta: float) -> None:
    values = draws().beta(alpha, beta)
    variance = alpha * beta / ((alpha + beta) ** 2 * (alpha + beta + 1))
    assert values.min() >= 0.0
    assert values.max() <= 1.0
    assert abs(values.mean() - alpha / (alpha + beta)) < 5 * (variance / NUM) ** 0.5
    # A value in [0, 1] has a fourth central moment of at most its variance.
    assert abs(values.var() - variance) < 5 * (variance / NUM) ** 0.5
