"""Transforms made of other transforms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from augment import checks
from augment.draws import Draws
from augment.registry import register
from augment.spec import build
from augment.transform import Images, Params, Transform, take, under


class Container(Transform):
    """The base of Compose and OneOf: a list of transforms, and parameters named `index.parameter`."""

    def __init__(self, transforms: Sequence[Transform | Mapping[str, Any]], *, probability: float = 1.0) -> None:
        super().__init__(probability=probability)
        if isinstance(transforms, str | Mapping) or not isinstance(transforms, Sequence):
            raise TypeError(
                f"Expected `transforms` of {type(self).__name__} to be a list of transforms. Received: {transforms!r}"
            )
        self.transforms = [self._built(item) for item in transforms]

    def _built(self, item: object) -> Transform:
        built = build(item) if isinstance(item, Mapping) else item
        if not isinstance(built, Transform):
            raise TypeError(
                f"Expected each of `transforms` of {type(self).__name__} to be a Transform or its table. "
                f"Received: {item!r}"
            )
        return built

    def sample(self, draws: Draws) -> Params:
        """Return the parameters of every transform, each from its own stream of draws."""
        return {
            f"{index}.{name}": values
            for index, transform in enumerate(self.transforms)
            for name, values in transform.parameters(draws.stream(index)).items()
        }

    def _apply_one(self, index: int, image: Image.Image, params: Mapping[str, Any]) -> Image.Image:
        chosen = under(str(index), params)
        return self.transforms[index].apply(image, **chosen) if chosen.pop("applied") else image


@register("compose")
class Compose(Container):
    """All of `transforms`, one after the other.

    Args:
        transforms: transforms, or tables of a recipe that describe them.
        probability: how likely an image goes through them at all, in [0, 1].
    """

    def apply(self, image: Image.Image, **params: Any) -> Image.Image:
        """Apply each transform in turn."""
        for index in range(len(self.transforms)):
            image = self._apply_one(index, image, params)
        return image

    def batch(self, images: Images, **params: Any) -> Images:
        """Apply each transform in turn, with its kernel if it has one."""
        for index, transform in enumerate(self.transforms):
            images = transform.run(images, under(str(index), params), "native")
        return images


@register("one_of")
class OneOf(Container):
    """One of `transforms`, chosen for each image.

    Args:
        transforms: at least one transform, or tables of a recipe that describe them.
        weights: how likely each is, relative to the others; equally likely if None.
        probability: how likely an image goes through one of them at all, in [0, 1].
    """

    def __init__(
        self,
        transforms: Sequence[Transform | Mapping[str, Any]],
        *,
        weights: Sequence[float] | None = None,
        probability: float = 1.0,
    ) -> None:
        super().__init__(transforms, probability=probability)
        if not self.transforms:
            raise ValueError(f"Expected `transforms` of OneOf to hold at least one. Received: {transforms!r}")
        self.weights = None if weights is None else [checks.number(self, "weights", weight, 0.0) for weight in weights]
        if self.weights is not None and (len(self.weights) != len(self.transforms) or not sum(self.weights)):
            raise ValueError(
                f"Expected `weights` of OneOf to be {len(self.transforms)} numbers, one above 0. Received: {weights!r}"
            )

    def sample(self, draws: Draws) -> Params:
        """Return `choice`, the index of each image's transform, and the parameters of every transform."""
        bounds = np.cumsum(self.weights or np.ones(len(self.transforms)))
        choice = np.searchsorted(bounds / bounds[-1], draws.uniform(), side="right")
        return {"choice": np.minimum(choice, len(bounds) - 1), **super().sample(draws)}

    def apply(self, image: Image.Image, **params: Any) -> Image.Image:
        """Apply the chosen transform."""
        return self._apply_one(params["choice"], image, params)

    def batch(self, images: Images, **params: Any) -> Images:
        """Apply each transform to the images that chose it."""
        changed = images.copy()
        for index, transform in enumerate(self.transforms):
            rows = np.flatnonzero(params["choice"] == index)
            if len(rows):
                chosen = take(under(str(index), params), rows)
                changed[rows] = transform.run(images[rows], chosen, "native")
        return changed
