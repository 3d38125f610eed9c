"""What is said of a few runs, against scipy and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from kerasae.experiments.comparison.statistics import (
    McNemarTest,
    Summary,
    mcnemar_test,
    paired_test,
    signed_rank,
    summary,
)


def test_a_summary_is_that_of_a_sample() -> None:
    assert summary([1.0, 2.0, 4.0]) == Summary(
        n=3, mean=pytest.approx(7 / 3), std=pytest.approx(np.std([1, 2, 4], ddof=1)), min=1.0, max=4.0
    )
    assert summary([5.0]).std is None


def test_the_paired_test_is_scipys() -> None:
    random = np.random.default_rng(0)
    first, second = random.normal(size=8), random.normal(0.5, size=8)
    test, expected = paired_test(first, second), stats.ttest_rel(second, first)
    interval = expected.confidence_interval(0.95)
    assert test.p_t == pytest.approx(expected.pvalue)
    assert (test.low, test.high) == (pytest.approx(interval.low), pytest.approx(interval.high))
    assert test.p_wilcoxon == pytest.approx(stats.wilcoxon(second, first, method="exact").pvalue)
    assert test.note == ""


def test_folds_that_share_training_images_widen_the_interval() -> None:
    """Nadeau and Bengio: the variance is 1/n + n_test/n_train of the sample's, not 1/n."""
    first, second = np.zeros(5), np.array([0.01, 0.02, 0.03, 0.02, 0.01])
    plain, corrected = paired_test(first, second), paired_test(first, second, 1 / 4)
    wider = (corrected.high - corrected.low) / (plain.high - plain.low)
    assert wider == pytest.approx(np.sqrt((1 / 5 + 1 / 4) / (1 / 5)))
    assert corrected.p_t > plain.p_t


def test_what_cannot_be_said_is_not_said() -> None:
    assert paired_test([1.0], [2.0]).note == "one pair: no interval and no test"
    equal = paired_test([1.0, 2.0], [1.5, 2.5])
    assert (equal.low, equal.p_t, equal.p_wilcoxon) == (None, None, None)
    assert equal.note == "all differences are equal: no interval and no test; Wilcoxon needs 6 pairs"


def test_differences_of_as_many_images_are_equal() -> None:
    """Whatever the last bit of a quotient says."""
    first, second = np.array([350, 345, 352, 341, 347, 349]) / 360, np.array([353, 348, 355, 344, 350, 352]) / 360
    assert len(set(second - first)) > 1
    equal = paired_test(first, second)
    assert (equal.low, equal.p_t) == (None, None)
    assert equal.note.startswith("all differences are equal")
    assert equal.p_wilcoxon == pytest.approx(2 / 2**6)


def test_six_pairs_are_the_fewest_that_can_reach_one_in_twenty() -> None:
    assert signed_rank(np.arange(1.0, 7)) == pytest.approx(2 / 2**6)
    assert signed_rank(np.arange(1.0, 6)) > 0.05
    assert signed_rank(np.zeros(4)) == 1.0


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=9).filter(any))
def test_the_signed_rank_test_counts_all_signs(values: list[int]) -> None:
    """Ties and zeros among them: against every assignment of signs, one by one."""
    left = np.array([value for value in values if value])
    ranks = stats.rankdata(np.abs(left))
    signs = (np.arange(2 ** len(left))[:, None] >> np.arange(len(left))) & 1
    sums, seen = signs @ ranks, ranks[left > 0].sum()
    expected = min(1.0, 2 * min((sums <= seen).mean(), (sums >= seen).mean()))
    assert signed_rank(np.array(values, float)) == pytest.approx(expected)


def test_mcnemar_looks_at_what_only_one_names_right() -> None:
    first = np.array([True] * 9 + [False] * 3)
    second = np.array([True] * 2 + [False] * 7 + [True] + [False] * 2)
    assert mcnemar_test(first, second) == McNemarTest(
        only_baseline=7, only_other=1, p=pytest.approx(stats.binomtest(7, 8).pvalue)
    )
    assert mcnemar_test(first, first).p == 1.0
