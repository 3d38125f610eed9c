"""Named variants of an image set, such as its negatives: the same images after transforms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import augment
from kerasae.data.transforms import transforms

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from kerasae.data.images import ImageSet
    from kerasae.recipe import EvaluationRecipe, Recipe


class TransformedImages:
    """Images after transforms, read like an `ImageSet`.

    The random choices of a transform are a function of the seed and the image's index.

    Args:
        images: what is transformed.
        transforms: applied in turn.
        seed: of the random choices.
        engine: of `augment`; both give the same bytes.
    """

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
        """Return the transformed pixels at `indices`: uint8 (k, H, W, C), [0, 255]."""
        return augment.apply(
            self.images.load(indices), self.transforms, seed=self.seed, positions=indices, engine=self.engine
        )


def variant_transforms(recipe: EvaluationRecipe) -> dict[str, list[augment.Transform]]:
    """Return the transforms of each variant by its name.

    Raises:
        RequestError: a transform does not exist, or does not take its options.
    """
    return {name: transforms(specs, f"evaluation.variants.{name}") for name, specs in recipe.variants.items()}


def variants_of(images: ImageSet, recipe: Recipe) -> dict[str, TransformedImages]:
    """Return the recipe's variants of an image set by name; they do not depend on the seed of the training."""
    return {
        name: TransformedImages(images, steps, seed=recipe.data.seed, engine=recipe.data.augment_engine)
        for name, steps in variant_transforms(recipe.evaluation).items()
    }
