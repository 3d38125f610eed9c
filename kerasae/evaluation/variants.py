"""Named variants of the test images, such as their negatives: the same images after transforms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import augment
from kerasae.data.transforms import transforms

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from kerasae.data.images import ImageSet
    from kerasae.recipe import EvaluationRecipe, Recipe


class Changed:
    """Images after transforms, which are a function of the seed and an image's place; read like `ImageSet`."""

    def __init__(
        self,
        images: ImageSet,
        transforms: Sequence[augment.Transform],
        *,
        seed: int,
        engine: Literal["native", "pil"] = "native",
    ) -> None:
        self.images = images
        self.transforms = list(transforms)
        self.seed = seed
        self.engine = engine
        self.labels, self.image_shape = images.labels, images.image_shape

    def __len__(self) -> int:
        return len(self.images)

    def load(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return the changed pixels at `indices`: uint8 (k, H, W, C), [0, 255]."""
        return augment.apply(
            self.images.load(indices), self.transforms, seed=self.seed, positions=indices, engine=self.engine
        )


def variants(recipe: EvaluationRecipe) -> dict[str, list[augment.Transform]]:
    """Return the transforms of each variant, by its name.

    Raises:
        RequestError: a transform or an option of one does not exist.
    """
    return {name: transforms(specs, f"evaluation.variants.{name}") for name, specs in recipe.variants.items()}


def changed(images: ImageSet, recipe: Recipe) -> dict[str, Changed]:
    """Return each of the recipe's variants of a set of images; the same for every seed of the training."""
    return {
        name: Changed(images, transforms, seed=recipe.data.seed, engine=recipe.data.augment_engine)
        for name, transforms in variants(recipe.evaluation).items()
    }
