"""Summaries of a few runs, and exact paired tests between recipes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Sequence

CONFIDENCE = 0.95
# Differences are rounded to this many decimals: rounding errors below it would break ties between equal values.
DECIMALS = 12
# With fewer pairs, the smallest p value of the signed-rank test, 2 / 2**n, is not below 0.05.
WILCOXON_PAIRS = 6


@dataclass(frozen=True, slots=True)
class Summary:
    """Values of one measure over runs.

    Attributes:
        n: how many values.
        mean: their mean.
        std: their sample standard deviation (n - 1); None for a single value.
        min: the smallest.
        max: the largest.
    """

    n: int
    mean: float
    std: float | None
    min: float
    max: float


@dataclass(frozen=True, slots=True)
class PairedTest:
    """Paired differences between two recipes, and two-sided tests whether they are zero.

    Attributes:
        n: how many pairs.
        mean: the mean difference.
        low, high: its 95% interval by Student's t; None if there is none.
        p_t: p value of the paired t-test; None if there is none.
        p_wilcoxon: exact p value of Wilcoxon's signed-rank test; None if there is none.
        note: why a value is None; "" if none is.
    """

    n: int
    mean: float
    low: float | None
    high: float | None
    p_t: float | None
    p_wilcoxon: float | None
    note: str


@dataclass(frozen=True, slots=True)
class McNemarTest:
    """Images that only one of two models classifies correctly.

    Attributes:
        only_baseline: how many only the baseline classifies correctly.
        only_other: how many only the other model classifies correctly.
        p: two-sided exact p value.
    """

    only_baseline: int
    only_other: int
    p: float


def summary(values: Sequence[float]) -> Summary:
    """Summarize one value or more."""
    array = np.asarray(values, np.float64)
    std = float(array.std(ddof=1)) if len(array) > 1 else None
    return Summary(len(array), float(array.mean()), std, float(array.min()), float(array.max()))


def paired_test(baseline: Sequence[float], other: Sequence[float], test_over_train: float = 0.0) -> PairedTest:
    """Test the paired differences other - baseline.

    Args:
        baseline: one value for each pair.
        other: the value with the same seed or fold.
        test_over_train: number of images in a validation fold divided by the number it was trained on. If above 0,
            the variance is increased because folds share training images (Nadeau and Bengio 2003, "Inference for the
            Generalization Error", section 4, the corrected resampled t-test).
    """
    difference = np.round(np.asarray(other, np.float64) - np.asarray(baseline, np.float64), DECIMALS)
    n, mean = len(difference), float(difference.mean())
    low = high = p_t = p_wilcoxon = None
    notes = []
    if n < 2:
        notes.append("one pair: no interval and no test")
    elif np.ptp(difference) == 0:
        notes.append("all differences are equal: no interval and no test")
    else:
        error = float(difference.std(ddof=1) * np.sqrt(1 / n + test_over_train))
        half_width = float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1)) * error
        low, high = mean - half_width, mean + half_width
        p_t = float(2 * stats.t.sf(abs(mean) / error, n - 1))
    if n >= WILCOXON_PAIRS:
        p_wilcoxon = signed_rank(difference)
    elif n >= 2:
        notes.append(f"Wilcoxon needs {WILCOXON_PAIRS} pairs")
    return PairedTest(n, mean, low, high, p_t, p_wilcoxon, "; ".join(notes))


def signed_rank(difference: np.ndarray) -> float:
    """Return the exact two-sided p value of Wilcoxon's signed-rank test; ties are allowed, zeros are dropped.

    Wilcoxon 1945, "Individual Comparisons by Ranking Methods". The distribution is computed over all assignments of
    signs, because tables and the normal approximation do not hold for few pairs with ties.

    Args:
        difference: float (n,).

    Returns:
        The p value; 1 if all differences are zero.
    """
    difference = difference[difference != 0]
    # Ranks of ties are halves, so that twice a rank is an integer.
    ranks = np.rint(2 * stats.rankdata(np.abs(difference))).astype(np.int64)
    probabilities = np.ones(1)
    for rank in ranks:
        probabilities = np.concatenate([probabilities, np.zeros(rank)]) + np.concatenate(
            [np.zeros(rank), probabilities]
        )
    probabilities /= probabilities.sum()
    positive = int(ranks[difference > 0].sum())
    tail = min(probabilities[: positive + 1].sum(), probabilities[positive:].sum())
    return float(min(1.0, 2 * tail))


def mcnemar_test(baseline: np.ndarray, other: np.ndarray) -> McNemarTest:
    """Compare two classifiers by the images that only one of them classifies correctly, with the exact test.

    McNemar 1947, "Note on the sampling error of the difference between correlated proportions".

    Args:
        baseline: bool (n,), whether each image was classified correctly.
        other: the same for the other model, over the same images.
    """
    only_baseline, only_other = int((baseline & ~other).sum()), int((other & ~baseline).sum())
    discordant = only_baseline + only_other
    p = float(stats.binomtest(only_baseline, discordant).pvalue) if discordant else 1.0
    return McNemarTest(only_baseline, only_other, p)
