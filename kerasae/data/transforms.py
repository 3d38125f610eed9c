"""Augmentation transforms as recipes name them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import augment
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.recipe import Spec


def transforms(specs: Sequence[Spec], key: str) -> list[augment.Transform]:
    """Build the transforms that a recipe lists.

    Args:
        specs: the name and the options of each transform.
        key: the recipe's field that holds the list, for errors.

    Raises:
        RequestError: a transform does not exist, or does not take its options.
    """
    try:
        return augment.from_spec([{"name": spec.name, **spec.options} for spec in specs])
    except (ValueError, TypeError) as error:
        raise RequestError("recipe", received=f"{key}: {error}") from None
