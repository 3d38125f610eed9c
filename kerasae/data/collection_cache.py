"""Images that several runs in a row learn from, opened once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kerasae.data.collection import Collection, open_collection

if TYPE_CHECKING:
    from kerasae.recipe import Recipe


class Opener:
    """Opens images, and keeps those opened last, since most runs of a comparison or a search share them."""

    def __init__(self, *, asks: bool = True) -> None:
        self._asks = asks  # as of `open_collection`
        self._key: tuple[str, bool] | None = None
        self._collection: Collection | None = None

    def __call__(self, recipe: Recipe) -> Collection:
        """Return the images of a recipe; raises as `open_collection` does."""
        key = (recipe.data.model_dump_json(), recipe.classifies)
        if self._collection is None or key != self._key:
            self._collection = None  # the old ones go before the new ones come
            self._collection = open_collection(recipe.data, classifies=key[1], asks=self._asks)
            self._key = key
        return self._collection
