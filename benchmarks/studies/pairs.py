"""Recipes side by side over the same seeds: the difference of their test accuracies, and how much may be chance."""

from __future__ import annotations

from benchmarks.pages import lines
from kerasae.experiments.comparison.statistics import CONFIDENCE, paired_test
from kerasae.recipe.results import Result, results, spread, usual

COLUMNS = [
    *("recipe", "its accuracy", "against", "its accuracy", "epochs", "seeds", "difference"),
    f"{CONFIDENCE:.0%} interval",
]
# By table: the recipe that is asked about, and the one that it is measured against; both have the same test images.
# Overrides after a name say which of its results count, where those of the recipe as it stands do not.
PAIRS = {
    "joint-or-direct": [
        ("study-b/joint", "study-b/direct"),
        ("study-a/baseline", "study-a/direct"),
        ("study-d/joint", "study-d/direct"),
        ("few-labels/cifar10", "few-labels/cifar10-classifier"),
        ("few-labels/fashion", "few-labels/fashion-classifier"),
    ],
    "few-labels-ways": [
        ("few-labels/cifar10-reconstruction", "few-labels/cifar10-classifier"),
        ("few-labels/cifar10-pseudo-labels", "few-labels/cifar10-classifier"),
        ("few-labels/cifar10", "few-labels/cifar10-reconstruction"),
        ("few-labels/cifar10", "few-labels/cifar10-pseudo-labels"),
        ("few-labels/cifar10-fading", "few-labels/cifar10-pseudo-labels"),
        ("few-labels/cifar10 phases.0.epochs=8", "few-labels/cifar10-pseudo-labels phases.0.epochs=8"),
        ("few-labels/fashion-reconstruction", "few-labels/fashion-classifier"),
        ("few-labels/fashion", "few-labels/fashion-reconstruction"),
    ],
    "pairs": [
        ("study-a/baseline", "study-a/separate"),
        ("study-a/baseline", "study-a/from-encoder"),
        ("study-c/fine-tune", "study-c/direct"),
        ("study-d/frozen", "study-d/direct"),
    ],
}


def table(group: str) -> str:
    """Return one line for each pair of a table of which one seed or more has been run with both."""
    shared = {pair: _shared(*pair) for pair in PAIRS[group]}
    return lines([COLUMNS, *(_row(*pair, found) for pair, found in shared.items() if found)])


def _row(one: str, other: str, found: list[tuple[Result, Result]]) -> list[str]:
    mine, others = ([result.metrics["accuracy"] for result in side] for side in zip(*found, strict=True))
    difference = paired_test(others, mine)
    low, high = difference.low, difference.high
    return [
        f"`{one.split()[0]}`",
        spread(list(mine), 4),
        f"`{other.split()[0]}`",
        spread(list(others), 4),
        " and ".join(str(side[0].epochs) for side in zip(*found, strict=True)),
        str(len(found)),
        f"{100 * difference.mean:+.1f} points",
        "-" if low is None or high is None else f"{100 * low:+.1f} to {100 * high:+.1f}",
    ]


def _shared(one: str, other: str) -> list[tuple[Result, Result]]:
    """Return the results of both by seed, for the seeds that both have."""
    mine, others = ({result.seed: result for result in _asked(each)} for each in (one, other))
    return [(mine[seed], others[seed]) for seed in sorted(mine.keys() & others.keys())]


def _asked(words: str) -> list[Result]:
    """Return the results of a recipe's name, or of that with the overrides after it."""
    name, *overrides = words.split()
    found = results(name)
    return [result for result in found if result.overrides == overrides] if overrides else usual(found)
