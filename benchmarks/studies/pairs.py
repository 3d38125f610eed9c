"""Recipes side by side over the same seeds: the difference of their test accuracies, and how much may be chance."""

from __future__ import annotations

from benchmarks.pages import lines
from kerasae.comparison.statistics import CONFIDENCE, paired
from kerasae.results import Result, results, spread, usual

COLUMNS = [
    *("recipe", "its accuracy", "against", "its accuracy", "epochs", "seeds", "difference"),
    f"{CONFIDENCE:.0%} interval",
]
# The recipe that is asked about, and the one that it is measured against; both have the same test pictures.
PAIRS = [
    ("few-labels/cifar10", "few-labels/cifar10-classifier"),
    ("few-labels/cifar10", "few-labels/cifar10-reconstruction"),
    ("few-labels/fashion", "few-labels/fashion-classifier"),
    ("few-labels/fashion", "few-labels/fashion-reconstruction"),
    ("study-a/baseline", "study-a/separate"),
    ("study-a/baseline", "study-a/from-encoder"),
    ("study-b/joint", "study-b/direct"),
    ("study-c/fine-tune", "study-c/direct"),
    ("study-d/frozen", "study-d/direct"),
]


def table() -> str:
    """Return one line for each pair of which one seed or more has been run with both."""
    shared = {pair: _shared(*pair) for pair in PAIRS}
    return lines([COLUMNS, *(_row(*pair, found) for pair, found in shared.items() if found)])


def _row(name: str, baseline: str, found: list[tuple[Result, Result]]) -> list[str]:
    mine, others = ([one.metrics["accuracy"] for one in side] for side in zip(*found, strict=True))
    difference = paired(others, mine)
    low, high = difference["low"], difference["high"]
    return [
        f"`{name}`",
        spread(list(mine), 4),
        f"`{baseline}`",
        spread(list(others), 4),
        " and ".join(str(side[0].epochs) for side in zip(*found, strict=True)),
        str(len(found)),
        f"{100 * difference['mean']:+.1f} points",
        "-" if low is None else f"{100 * low:+.1f} to {100 * high:+.1f}",
    ]


def _shared(name: str, baseline: str) -> list[tuple[Result, Result]]:
    """Return the results of both recipes by seed, for the seeds that both have."""
    one, other = ({result.seed: result for result in usual(results(each))} for each in (name, baseline))
    return [(one[seed], other[seed]) for seed in sorted(one.keys() & other.keys())]
