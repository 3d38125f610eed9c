"""Class weights of the loss."""

from __future__ import annotations

from typing import Literal

import numpy as np

from kerasae.data.images import UNLABELLED
from kerasae.utils.errors import RequestError, nearest


def class_weights(
    setting: Literal["balanced", "none"] | dict[str, float], labels: np.ndarray, class_names: tuple[str, ...]
) -> np.ndarray:
    """Return a weight for each class, float32 (num_classes,).

    "balanced" is n / (num_classes * count) over the labelled images (as scikit-learn; G. King and L. Zeng, "Logistic
    regression in rare events data", 2001), so that every class has the same total weight; "none" is 1; a table
    gives weights by name, 1 for classes that it does not list. A class without images has weight 1.

    Args:
        setting: the option `data.class_weights`.
        labels: int64 (n,) of the training images, -1 where there is none.
        class_names: a name for each label.

    Raises:
        RequestError: the table names an unknown class, or leaves none a weight above 0.
    """
    weights = np.ones(len(class_names), np.float32)
    if isinstance(setting, dict):
        for name, weight in setting.items():
            if name not in class_names:
                known = ", ".join(class_names) or "of which there are none"
                raise RequestError(
                    "data.class_weights",
                    expected=f"names of classes, {known}",
                    received=f"{name!r}.{nearest(name, class_names)}",
                )
            weights[class_names.index(name)] = weight
        if len(weights) and not weights.any():
            raise RequestError(
                "data.class_weights",
                expected="a weight above 0 for some class",
                received=setting,
                fix="to train without the classifier, leave it out of what the phases learn",
            )
    elif setting == "balanced":
        labelled = labels[labels != UNLABELLED]
        counts = np.bincount(labelled, minlength=len(class_names))
        np.divide(len(labelled), len(class_names) * counts, out=weights, where=counts > 0, casting="unsafe")
    return weights
