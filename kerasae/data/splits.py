"""The cut and the splits: which images train, validate and test, and which labels are hidden.

Everything is a function of `data.seed` and of the number of images of each class.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kerasae.data.class_checks import check_classes
from kerasae.data.images import UNLABELLED
from kerasae.data.sources.naming import each
from kerasae.data.stratified import Step, StratifiedDraw, shares
from kerasae.utils.errors import RequestError, nearest

if TYPE_CHECKING:
    from kerasae.recipe import DataRecipe

_AUTO_VALIDATION = 0.1


@dataclass(frozen=True)
class Division:
    """Indices of images, ascending int64, by split; and the labels of train, int64, some of them hidden (-1)."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    train_labels: np.ndarray


def divide(
    labels: np.ndarray, source_splits: np.ndarray, class_names: tuple[str, ...], recipe: DataRecipe, *, classifies: bool
) -> Division:
    """Divide images: first the test set (the source's or a part of all), then the cut, validation, and hidden labels.

    Args:
        labels: int64 (n,), -1 where there is none.
        source_splits: strings (n,), the split that the source puts each image in.
        class_names: a name for each label.
        recipe: `keep`, `test`, `validation`, `fold`, `labelled_fraction`, `labelled_per_class` and `seed` are read.
        classifies: whether a classifier is trained; then every class must be in every split that is drawn, and
            unlabelled images stay in training.

    Raises:
        RequestError: a class has too few images, or an option needs a split or class that the source lacks.
    """
    draw = StratifiedDraw(labels, class_names, recipe.seed, classifies)
    train, validation, test = (np.flatnonzero(source_splits == split) for split in ("train", "validation", "test"))
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
        check_classes(labels[train], class_names, splits, recipe.source)
        for split, indices in {"validation": validation if keeps_validation else train, "test": test}.items():
            if len(indices) and (labels[indices] == UNLABELLED).all():
                raise RequestError(
                    "data.source",
                    expected=f"labels in the {split} split, since a classifier is measured on it",
                    received=f"{len(indices)} images, none labelled",
                )
    if not has_test:
        test = draw.fraction(train, recipe.test, Step.TEST, "data.test")
        train = np.setdiff1d(train, test)
    train = _cut(train, draw, recipe.keep)
    if halves_test:
        validation = draw.fraction(test, 0.5, Step.VALIDATION, "data.validation (half-of-test)")
        test = np.setdiff1d(test, validation)
    if recipe.fold is not None:
        validation = draw.fold(train, *recipe.fold)
        train = np.setdiff1d(train, validation)
    elif not (keeps_validation or halves_test):
        share = recipe.validation if isinstance(recipe.validation, float) else _AUTO_VALIDATION
        validation = draw.fraction(train, share, Step.VALIDATION, "data.validation")
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


def _cut(train: np.ndarray, draw: StratifiedDraw, keep: dict[str, float]) -> np.ndarray:
    """Keep a fraction of the training images of each class in `keep`."""
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
        kept &= (draw.labels[train] != label) | np.isin(train, draw.of_class(members, label, count, Step.KEEP))
    return train[kept]


def _hide(train: np.ndarray, draw: StratifiedDraw, recipe: DataRecipe) -> np.ndarray:
    """Return the labels of the training images, without those that the recipe hides."""
    labels, per_class = draw.labels[train].copy(), recipe.labelled_per_class
    classes, counts = np.unique(labels[labels != UNLABELLED], return_counts=True)
    if (recipe.labelled_fraction == 1 and per_class is None) or not len(classes):
        return labels
    if per_class is None:
        shown = shares(counts, recipe.labelled_fraction, at_least=1)
    else:
        shown = np.full_like(counts, per_class)
        small = [
            f"class {draw.class_names[label]!r} has {count}"
            for label, count in zip(classes, counts, strict=True)
            if count < per_class
        ]
        if small:
            raise RequestError(
                "data.labelled_per_class",
                expected="no more than every class has",
                received=f"{per_class}, and {each(small, 'classes have fewer')} labelled training images",
                fix="take fewer",
            )
    for label, count in zip(classes, shown, strict=True):
        members = np.flatnonzero(labels == label)
        labels[np.setdiff1d(members, draw.of_class(members, int(label), int(count), Step.HIDE))] = UNLABELLED
    return labels
