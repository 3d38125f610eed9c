"""Stratified random choices: fractions and folds of images, class by class.

Each step draws for each class from its own random numbers, so that cutting one class leaves the choice among the others
as it was, except for rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from kerasae.data.images import UNLABELLED
from kerasae.data.sources.naming import each
from kerasae.utils.errors import RequestError


class Step(IntEnum):
    """The purpose of a draw, part of its seed; new steps are added at the end, so that old ones keep their numbers."""

    TEST = 0
    KEEP = 1
    VALIDATION = 2
    HIDE = 3
    FOLD = 4


def shares(counts: np.ndarray, fraction: float, at_least: int = 0) -> np.ndarray:
    """Divide `fraction` of a total fairly: int64 like `counts`, each less than one away from its exact share.

    The sum is the rounded share of the total (largest remainders first), but for classes lifted to `at_least`.
    """
    exact = counts * fraction
    parts = np.floor(exact + 1e-9).astype(np.int64)
    left = int(np.floor(exact.sum() + 0.5)) - int(parts.sum())
    parts[np.argsort(parts - exact, kind="stable")[: max(left, 0)]] += 1
    return np.maximum(parts, at_least)


@dataclass(frozen=True)
class StratifiedDraw:
    """Random choices by class, each step from random numbers of its own.

    Attributes:
        labels: int64 (n,) of all images, -1 where there is none.
        class_names: a name for each label.
        seed: `data.seed`.
        classifies: whether every class must be on both sides of a split, and unlabelled images are not drawn.
    """

    labels: np.ndarray
    class_names: tuple[str, ...]
    seed: int
    classifies: bool

    def of_class(self, members: np.ndarray, label: int, count: int, step: Step) -> np.ndarray:
        """Choose `count` of the `members` of a class; a smaller count chooses a part of what a larger one does."""
        return np.random.default_rng([self.seed, step, label + 1]).permutation(members)[:count]

    def fraction(self, indices: np.ndarray, fraction: float, step: Step, option: str) -> np.ndarray:
        """Choose a stratified fraction; see `divide` for what holds if a classifier is trained."""
        if self.classifies:
            indices = indices[self.labels[indices] != UNLABELLED]
        classes, counts = np.unique(self.labels[indices], return_counts=True)
        takes = shares(counts, fraction, at_least=int(self.classifies))
        small = [
            f"{take} to be taken of the {count} of class {self.class_names[label]!r}"
            for label, count, take in zip(classes, counts, takes, strict=True)
            if self.classifies and take >= count
        ]
        if small:
            raise RequestError(
                option,
                expected="every class to have images on both sides of the split",
                received=f"{each(small, 'classes that are too small')}",
                fix="add images or take less",
            )
        if not 0 < takes.sum() < len(indices):
            raise RequestError(
                option,
                expected="images on both sides of the split",
                received=f"{takes.sum()} to be taken of {len(indices)}",
                fix="add images or change the fraction",
            )
        chosen = [
            self.of_class(indices[self.labels[indices] == label], int(label), int(take), step)
            for label, take in zip(classes, takes, strict=True)
        ]
        return np.sort(np.concatenate(chosen))

    def fold(self, indices: np.ndarray, index: int, count: int) -> np.ndarray:
        """Choose the stratified fold `index` of `count`; each place that may validate is in exactly one of them."""
        if self.classifies:
            indices = indices[self.labels[indices] != UNLABELLED]
        if len(indices) < count:
            raise RequestError(
                "data.fold",
                expected=f"a training image for each of {count} folds",
                received=f"{len(indices)}",
                fix="take fewer folds or add images",
            )
        chosen, dealt = [], 0
        classes, sizes = np.unique(self.labels[indices], return_counts=True)
        small = [
            f"{size} of class {self.class_names[label]!r}"
            for label, size in zip(classes, sizes, strict=True)
            if self.classifies and size < count
        ]
        if small:
            raise RequestError(
                "data.fold",
                expected=f"{count} training images or more of every class, one for each fold",
                received=f"{each(small, 'classes with fewer')}",
                fix="take fewer folds or add images",
            )
        for label, members in zip(classes, sizes, strict=True):
            mixed = self.of_class(indices[self.labels[indices] == label], int(label), int(members), Step.FOLD)
            # Dealt like cards, on from where the class before ended, so that the folds are of one size.
            chosen.append(mixed[(dealt + np.arange(members)) % count == index])
            dealt += int(members)
        return np.sort(np.concatenate(chosen))
