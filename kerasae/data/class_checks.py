"""Check that the training images can train a classifier."""

from __future__ import annotations

import shlex

import numpy as np

from kerasae.data.images import UNLABELLED
from kerasae.data.sources.folder_names import is_normal
from kerasae.data.sources.naming import each
from kerasae.utils.errors import RequestError


def check_classes(labels: np.ndarray, class_names: tuple[str, ...], drawn: list[str], source: str) -> None:
    """Refuse labels of which no classifier can be trained.

    Args:
        labels: int64 (n,) of the training images, -1 where there is none.
        class_names: a name for each label.
        drawn: the splits that are drawn from the training images.
        source: `data.source`, for the message.

    Raises:
        RequestError: fewer than two classes, or a class with too few images for training and the drawn splits.
    """
    by_normal = f"to find bad images by the good ones alone, kerasae train anomaly --data {shlex.quote(source)}"
    if not class_names:
        raise RequestError(
            "data.source",
            expected="labels, since a classifier is trained",
            received="nothing labelled",
            fix=(f"sort images into a sub-folder for each class, train only the encoder and decoder, or, {by_normal}"),
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
