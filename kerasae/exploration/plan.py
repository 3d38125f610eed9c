"""What is asked of an exploration, checked before any of it begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kerasae.data.images import spread
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from kerasae.data.collection import Collection
    from kerasae.data.images import ImageSet

SPLITS = ("train", "validation", "test")
METHODS = ("pca", "tsne", "umap")
SUITABLE = 30.0  # the perplexity that is used unless another is asked for, or there are too few images for it
FEWEST = 10


@dataclass(frozen=True)
class Plan:
    """How a run is to be explored.

    Attributes:
        split: which images.
        limit: the most images on a map, taken from end to end of the split.
        methods: the maps to draw, of `METHODS`.
        perplexity: t-SNE's effective number of neighbours; None takes 30, or less where there are few images.
        seed: of everything random.
    """

    split: str = "test"
    limit: int = 5_000
    methods: tuple[str, ...] = METHODS
    perplexity: float | None = None
    seed: int = 0

    def images(self, collection: Collection) -> ImageSet:
        """Return the images of the split, at most `limit`.

        Raises:
            RequestError: an unknown split or method, too few images, or fewer than the perplexity needs.
        """
        for key, value, known in [("--split", self.split, SPLITS), *(("--maps", one, METHODS) for one in self.methods)]:
            if value not in known:
                raise RequestError(key, expected=f"one of {', '.join(known)}", received=f"{value!r}")
        found: ImageSet = getattr(collection, self.split)
        count = min(len(found), self.limit)
        if count < FEWEST:
            option = "--limit" if len(found) >= FEWEST else "--split"
            raise RequestError(
                option,
                expected=f"at least {FEWEST} images to draw a map of",
                received=f"{count} of {self.split}",
            )
        if self.perplexity is not None and not self.perplexity > 0:
            raise RequestError("--perplexity", expected="a number above 0", received=f"{self.perplexity:g}")
        if "tsne" in self.methods and self.perplexity is not None and not 3 * self.perplexity < count:
            raise RequestError(
                "--perplexity",
                received=(f"{self.perplexity:g} needs more than {3 * self.perplexity:g} images. Received: {count:,}"),
                fix=f"set it below {count / 3:.4g}, or leave t-SNE out with --maps pca",
            )
        return found.select(spread(len(found), count))

    def neighbours(self, count: int) -> float:
        """Return the perplexity for `count` images."""
        return self.perplexity if self.perplexity is not None else min(SUITABLE, (count - 1) / 3)
