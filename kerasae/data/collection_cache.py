"""A cache of the last collection, which successive runs of a comparison or a search share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kerasae.data.collection import Collection, open_collection

if TYPE_CHECKING:
    from kerasae.recipe import Recipe


class Opener:
    """Opens the images of recipes and keeps the last collection."""

    def __init__(self, *, asks: bool = True) -> None:
        self._asks = asks  # as of `open_collection`
        self._key: tuple[str, bool] | None = None
        self._collection: Collection | None = None

    def __call__(self, recipe: Recipe) -> Collection:
        """Return the images of a recipe; raises as `open_collection` does."""
        key = (recipe.data.model_dump_json(), recipe.classifies)
        if self._collection is None or key != self._key:
            self._collection = None  # free the old images before new ones are loaded
            self._collection = open_collection(recipe.data, classifies=key[1], asks=self._asks)
            self._key = key
        return self._collection
