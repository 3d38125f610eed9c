"""The options of an exploration, checked before any image is encoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kerasae.data.images import spread
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from kerasae.data.collection import Collection
    from kerasae.data.images import ImageSet

SPLITS = ("train", "validation", "test")
MAP_METHODS = ("pca", "tsne", "umap")
DEFAULT_PERPLEXITY = 30.0
MIN_IMAGES = 10


@dataclass(frozen=True)
class ExplorationOptions:
    """What to explore of a run's latent space, and how.

    Attributes:
        split: a name of `SPLITS`.
        limit: the maximum number of images on a map; with more images in the split, evenly spaced ones are used.
        methods: the dimensionality reductions to draw maps with, names of `MAP_METHODS`.
        perplexity: t-SNE's effective number of neighbours; None uses 30, or less for fewer than 91 images.
        seed: of all random numbers.
    """

    split: str = "test"
    limit: int = 5_000
    methods: tuple[str, ...] = MAP_METHODS
    perplexity: float | None = None
    seed: int = 0

    def select_images(self, collection: Collection) -> ImageSet:
        """Return the images of the split, at most `limit`.

        Raises:
            RequestError: the split or a method is unknown, or there are too few images for a map or the perplexity.
        """
        for option, value, known in [
            ("--split", self.split, SPLITS),
            *(("--maps", method, MAP_METHODS) for method in self.methods),
        ]:
            if value not in known:
                raise RequestError(option, expected=f"one of {', '.join(known)}", received=f"{value!r}")
        images: ImageSet = getattr(collection, self.split)
        count = min(len(images), self.limit)
        if count < MIN_IMAGES:
            raise RequestError(
                "--limit" if len(images) >= MIN_IMAGES else "--split",
                expected=f"at least {MIN_IMAGES} images to draw a map of",
                received=f"{count} of {self.split}",
            )
        if self.perplexity is not None and not self.perplexity > 0:
            raise RequestError("--perplexity", expected="a number above 0", received=f"{self.perplexity:g}")
        if "tsne" in self.methods and self.perplexity is not None and not 3 * self.perplexity < count:
            raise RequestError(
                "--perplexity",
                expected=f"a number below {count / 3:.4g}, a third of the {count:,} images",
                received=f"{self.perplexity:g}",
                fix="lower it, or leave t-SNE out with --maps pca",
            )
        return images.select(spread(len(images), count))

    def perplexity_for(self, num_images: int) -> float:
        """Return the perplexity that t-SNE uses for a number of images."""
        return self.perplexity if self.perplexity is not None else min(DEFAULT_PERPLEXITY, (num_images - 1) / 3)
