"""What a few runs say about recipes: means, paired differences, and how much of them may be chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Sequence

CONFIDENCE = 0.95
# Values differ by steps far above this; what lies below is the rounding of their difference, and would break ties.
DECIMALS = 12
# Below this the smallest p value that the signed-rank test can give, 2 / 2**n, is not below 0.05.
WILCOXON_PAIRS = 6


def summary(values: Sequence[float]) -> dict[str, Any]:
    """Return n, mean, std (of a sample, None for one value), min and max."""
    array = np.asarray(values, np.float64)
    return {
        "n": len(array),
        "mean": float(array.mean()),
        "std": float(array.std(ddof=1)) if len(array) > 1 else None,
        "min": float(array.min()),
        "max": float(array.max()),
    }


def paired(baseline: Sequence[float], other: Sequence[float], test_over_train: float = 0.0) -> dict[str, Any]:
    """Compare paired values by the differences other - baseline.

    Args:
        baseline: one value a pair.
        other: the value of the same seed or fold.
        test_over_train: images that a fold is measured on over those that it trained on; above 0 the variance is
            enlarged for the training images that folds share (Nadeau and Bengio 2003, "Inference for the
            Generalization Error", section 4, the corrected resampled t-test).

    Returns:
        "n"; the "mean" difference; "low" and "high", its 95% interval by Student's t; "p_t" of the paired t-test, two
        sided; "p_wilcoxon" of the signed-rank test. What cannot be said is None, and "note" says why.
    """
    difference = np.round(np.asarray(other, np.float64) - np.asarray(baseline, np.float64), DECIMALS)
    n, mean = len(difference), float(difference.mean())
    found: dict[str, Any] = {"n": n, "mean": mean, "low": None, "high": None, "p_t": None, "p_wilcoxon": None}
    notes = []
    if n < 2:
        notes.append("one pair: no interval and no test")
    elif np.ptp(difference) == 0:
        notes.append("all differences are equal: no interval and no test")
    else:
        error = float(difference.std(ddof=1) * np.sqrt(1 / n + test_over_train))
        reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1)) * error
        found |= {"low": mean - reach, "high": mean + reach, "p_t": float(2 * stats.t.sf(abs(mean) / error, n - 1))}
    if n >= WILCOXON_PAIRS:
        found["p_wilcoxon"] = signed_rank(difference)
    elif n >= 2:
        notes.append(f"Wilcoxon needs {WILCOXON_PAIRS} pairs")
    return found | {"note": "; ".join(notes)}


def signed_rank(difference: np.ndarray) -> float:
    """Return the exact two-sided p value of Wilcoxon's signed-rank test, with ties; zeros are left out (1 if all are).

    Wilcoxon 1945, "Individual Comparisons by Ranking Methods". The distribution is counted over all signs, since
    tables and normal approximations know no ties in few pairs.
    """
    difference = difference[difference != 0]
    # Ranks of ties are halves; twice a rank is a whole number.
    ranks = np.rint(2 * stats.rankdata(np.abs(difference))).astype(np.int64)
    ways = np.ones(1)
    for rank in ranks:
        ways = np.concatenate([ways, np.zeros(rank)]) + np.concatenate([np.zeros(rank), ways])
    ways /= ways.sum()
    positive = int(ranks[difference > 0].sum())
    tail = min(ways[: positive + 1].sum(), ways[positive:].sum())
    return float(min(1.0, 2 * tail))


def mcnemar(baseline: np.ndarray, other: np.ndarray) -> dict[str, Any]:
    """Compare two models by the images that only one of them names right, exactly.

    McNemar 1947, "Note on the sampling error of the difference between correlated proportions".

    Args:
        baseline: bool (n,), whether each image was named right.
        other: the same of the other model, over the same images.

    Returns:
        "only_baseline" and "only_other", counts of images, and "p", two sided.
    """
    first, second = int((baseline & ~other).sum()), int((other & ~baseline).sum())
    p = float(stats.binomtest(first, first + second).pvalue) if first + second else 1.0
    return {"only_baseline": first, "only_other": second, "p": p}
