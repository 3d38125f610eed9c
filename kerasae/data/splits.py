"""The cut and the splits: which images train, validate and test, and which labels are hidden.

Everything is a function of `data.seed` and of how many images each class has. Each step draws for each class from
its own random numbers, so that cutting one class leaves the choice among the others as it was (but for an image more
or less, where shares are rounded).
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from kerasae.data.images import UNLABELLED
from kerasae.data.sources.folder_names import is_normal
from kerasae.data.sources.naming import each
from kerasae.utils.errors import RequestError, nearest

if TYPE_CHECKING:
    from kerasae.recipe import DataRecipe

_AUTO_VALIDATION = 0.1


class _Step(IntEnum):
    """What random numbers are drawn for; new steps go last, so that the old ones keep their numbers."""

    TEST = 0
    KEEP = 1
    VALIDATION = 2
    HIDE = 3
    FOLD = 4


@dataclass(frozen=True)
class Division:
    """Places of images, ascending int64, for each split; and the labels of train, int64, some of them hidden."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    train_labels: np.ndarray


def divide(
    labels: np.ndarray, given: np.ndarray, class_names: tuple[str, ...], recipe: DataRecipe, *, classifies: bool
) -> Division:
    """Divide images: first the test set (given, or a part of all), then the cut, validation, and hidden labels.

    Args:
        labels: int64 (n,), -1 where there is none.
        given: strings (n,), the split that the source itself puts each image in.
        class_names: a name for each label.
        recipe: its `keep`, `test`, `validation`, `fold`, `labelled_fraction`, `labelled_per_class` and `seed` are
            followed.
        classifies: whether a classifier is trained; then every class must be in every split that is drawn, and
            unlabelled images stay in training.

    Raises:
        RequestError: a class has too few images, or an option asks for what is not there.
    """
    draw = _Draw(labels, class_names, recipe.seed, classifies)
    train, validation, test = (np.flatnonzero(given == split) for split in ("train", "validation", "test"))
    keeps_validation = recipe.fold is None and recipe.validation == "auto" and len(validation) > 0
    if not keeps_validation:
        train = np.sort(np.concatenate([train, validation]))
    halves_test = recipe.validation == "half-of-test"
    has_test = len(test) > 0
    if halves_test and not has_test:
        raise RequestError(
            "data.validation",
            expected="a source with a test split for 'half-of-test'",
            received=f"{recipe.source!r}, which has none",
            fix="give a fraction such as 0.1",
        )
    if classifies:
        drawn = {"test": not has_test, "validation": not (keeps_validation or halves_test) or recipe.fold is not None}
        splits = [split for split, is_drawn in drawn.items() if is_drawn]
        _check_classes(labels[train], class_names, splits, recipe.source)
        for split, places in {"validation": validation if keeps_validation else train, "test": test}.items():
            if len(places) and (labels[places] == UNLABELLED).all():
                raise RequestError(
                    "data.source",
                    expected=f"labels in the {split} split, since a classifier is measured on it",
                    received=f"{len(places)} images, none labelled",
                )
    if not has_test:
        test = draw.fraction(train, recipe.test, _Step.TEST, "data.test")
        train = np.setdiff1d(train, test)
    train = _cut(train, draw, recipe.keep)
    if halves_test:
        validation = draw.fraction(test, 0.5, _Step.VALIDATION, "data.validation (half-of-test)")
        test = np.setdiff1d(test, validation)
    if recipe.fold is not None:
        validation = draw.fold(train, *recipe.fold)
        train = np.setdiff1d(train, validation)
    elif not (keeps_validation or halves_test):
        share = recipe.validation if isinstance(recipe.validation, float) else _AUTO_VALIDATION
        validation = draw.fraction(train, share, _Step.VALIDATION, "data.validation")
        train = np.setdiff1d(train, validation)
    if not len(train):
        raise RequestError(
            "data.source",
            expected="training images",
            received=(
                f"{recipe.source!r} with {len(validation):,} for validation and {len(test):,} for the test alone"
            ),
            fix="give some to train on",
        )
    return Division(train, validation, test, _hide(train, draw, recipe))


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
class _Draw:
    """Random choices by class."""

    labels: np.ndarray
    class_names: tuple[str, ...]
    seed: int
    classifies: bool

    def of_class(self, members: np.ndarray, label: int, count: int, step: _Step) -> np.ndarray:
        """Choose `count` of the `members` of a class; a smaller count chooses a part of what a larger one does."""
        return np.random.default_rng([self.seed, step, label + 1]).permutation(members)[:count]

    def fraction(self, places: np.ndarray, fraction: float, step: _Step, option: str) -> np.ndarray:
        """Choose a stratified fraction; see `divide` for what holds if a classifier is trained."""
        if self.classifies:
            places = places[self.labels[places] != UNLABELLED]
        found, counts = np.unique(self.labels[places], return_counts=True)
        takes = shares(counts, fraction, at_least=int(self.classifies))
        small = [
            f"{take} to be taken of the {count} of class {self.class_names[label]!r}"
            for label, count, take in zip(found, counts, takes, strict=True)
            if self.classifies and take >= count
        ]
        if small:
            raise RequestError(
                option,
                expected="every class to have images on both sides of the split",
                received=f"{each(small, 'classes that are too small')}",
                fix="add images or take less",
            )
        if not 0 < takes.sum() < len(places):
            raise RequestError(
                option,
                expected="images on both sides of the split",
                received=f"{takes.sum()} to be taken of {len(places)}",
                fix="add images or change the fraction",
            )
        chosen = [
            self.of_class(places[self.labels[places] == label], int(label), int(take), step)
            for label, take in zip(found, takes, strict=True)
        ]
        return np.sort(np.concatenate(chosen))

    def fold(self, places: np.ndarray, index: int, count: int) -> np.ndarray:
        """Choose the stratified fold `index` of `count`; each place that may validate is in exactly one of them."""
        if self.classifies:
            places = places[self.labels[places] != UNLABELLED]
        if len(places) < count:
            raise RequestError(
                "data.fold",
                expected=f"a training image for each of {count} folds",
                received=f"{len(places)}",
                fix="take fewer folds or add images",
            )
        chosen, dealt = [], 0
        classes, sizes = np.unique(self.labels[places], return_counts=True)
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
            mixed = self.of_class(places[self.labels[places] == label], int(label), int(members), _Step.FOLD)
            # Dealt like cards, on from where the class before ended, so that the folds are of one size.
            chosen.append(mixed[(dealt + np.arange(members)) % count == index])
            dealt += int(members)
        return np.sort(np.concatenate(chosen))


def _check_classes(labels: np.ndarray, class_names: tuple[str, ...], drawn: list[str], source: str) -> None:
    by_normal = f"to find bad images by the good ones alone, kerasae train anomaly --data {shlex.quote(source)}"
    if not class_names:
        raise RequestError(
            "data.source",
            expected="labels, since a classifier is trained",
            received="nothing labelled",
            fix=(f"sort images into one sub-folder a class, train only the encoder and decoder, or, {by_normal}"),
        )
    if len(class_names) < 2:
        raise RequestError(
            "data.source",
            expected="two classes or more, since a classifier is trained",
            received=f"only {class_names[0]!r}",
            fix=f"add another class, or, {by_normal}",
        )
    counts = np.bincount(labels[labels != UNLABELLED], minlength=len(class_names))
    absent = [f"none of class {name!r}" for name, count in zip(class_names, counts, strict=True) if count == 0]
    if absent:
        raise RequestError(
            "data.source",
            expected="training images of every class",
            received=f"{each(absent, 'classes without')}",
            fix=(f"add some or remove the class{(f', or, {by_normal}' if any(map(is_normal, class_names)) else '')}"),
        )
    small = [
        f"{count} of class {name!r}" for name, count in zip(class_names, counts, strict=True) if count < 1 + len(drawn)
    ]
    if small:
        raise RequestError(
            "data.source",
            expected=(f"at least {1 + len(drawn)} images of every class, to train and for {' and '.join(drawn)}"),
            received=f"{each(small, 'classes with fewer')}",
            fix="add images or remove the class",
        )


def _cut(train: np.ndarray, draw: _Draw, keep: dict[str, float]) -> np.ndarray:
    kept = np.ones(len(train), bool)
    for name, fraction in keep.items():
        if name not in draw.class_names:
            raise RequestError(
                "data.keep",
                expected=f"names of classes, {', '.join(draw.class_names) or 'of which there are none'}",
                received=f"{name!r}.{nearest(name, draw.class_names)}",
            )
        label = draw.class_names.index(name)
        members = train[draw.labels[train] == label]
        count = int(np.floor(fraction * len(members) + 0.5))
        if draw.classifies and count == 0:
            raise RequestError(
                "data.keep",
                expected="a training image of every class",
                received=f"{fraction:g} of the {len(members)} of class {name!r}, which leaves none",
                fix="keep more",
            )
        kept &= (draw.labels[train] != label) | np.isin(train, draw.of_class(members, label, count, _Step.KEEP))
    return train[kept]


def _hide(train: np.ndarray, draw: _Draw, recipe: DataRecipe) -> np.ndarray:
    labels, per_class = draw.labels[train].copy(), recipe.labelled_per_class
    found, counts = np.unique(labels[labels != UNLABELLED], return_counts=True)
    if (recipe.labelled_fraction == 1 and per_class is None) or not len(found):
        return labels
    if per_class is None:
        shown = shares(counts, recipe.labelled_fraction, at_least=1)
    else:
        shown = np.full_like(counts, per_class)
        small = [
            f"class {draw.class_names[label]!r} has {count}"
            for label, count in zip(found, counts, strict=True)
            if count < per_class
        ]
        if small:
            raise RequestError(
                "data.labelled_per_class",
                expected="no more than every class has",
                received=f"{per_class}, and {each(small, 'classes have fewer')} labelled training images",
                fix="take fewer",
            )
    for label, count in zip(found, shown, strict=True):
        members = np.flatnonzero(labels == label)
        labels[np.setdiff1d(members, draw.of_class(members, int(label), int(count), _Step.HIDE))] = UNLABELLED
    return labels
