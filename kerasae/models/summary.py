"""A summary of a model: its parameters by part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kerasae.recipe import PARTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras


def parameter_counts(model: keras.Model, parts: Sequence[str] = PARTS) -> dict[str, Any]:
    """Count the parameters of a model, in total and by part.

    A shared weight, such as a tied kernel, counts once, for the first part that has it.

    Args:
        model: with the parts as attributes, which may be missing or None.
        parts: the names of the parts.
    """
    counted: set[int] = set()

    def count(weights: list[Any]) -> int:
        new = {id(weight): weight for weight in weights if id(weight) not in counted}
        counted.update(new)
        return sum(int(np.prod(weight.shape)) for weight in new.values())

    by_part = {part: count(getattr(model, part).weights) for part in parts if getattr(model, part, None) is not None}
    rest = count(model.weights)
    return {
        "parameters": sum(by_part.values()) + rest,
        "parameters_by_part": by_part | ({"other": rest} if rest else {}),
    }
