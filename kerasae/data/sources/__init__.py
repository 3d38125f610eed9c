"""Where images come from: a name of `BUILTIN`, an image folder, an `.npz`, a `.csv` or a `.tsv`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kerasae.data.sources.builtin import BUILTIN, open_builtin
from kerasae.data.sources.csv import open_csv
from kerasae.data.sources.folder import open_folder
from kerasae.data.sources.npz import open_npz
from kerasae.data.sources.source import SPLITS, Source, Split
from kerasae.utils.errors import RequestError, nearest

if TYPE_CHECKING:
    from kerasae.recipe import DataRecipe

__all__ = ["BUILTIN", "SPLITS", "Source", "Split", "open_source"]


def open_source(recipe: DataRecipe) -> Source:
    """Open `recipe.source`; a name of `BUILTIN` comes before a folder of that name, which `./NAME` reaches.

    Raises:
        RequestError: there is no such source, or something is wrong with what is in it.
    """
    if recipe.source in BUILTIN:
        if recipe.range != "auto":
            raise RequestError(
                "data.range", expected=f"'auto' for {recipe.source}, whose values are known", received=f"{recipe.range}"
            )
        return open_builtin(recipe.source)
    path = Path(recipe.source).expanduser()
    try:
        if path.is_dir():
            return open_folder(path, recipe)
        if path.is_file() and path.suffix.lower() == ".npz":
            return open_npz(path, recipe.class_names, recipe.range)
        if path.is_file() and path.suffix.lower() in (".csv", ".tsv"):
            return open_csv(path, recipe)
        known = [
            *(BUILTIN if len(path.parts) == 1 and not recipe.source.endswith("/") else ()),
            *(beside.name for beside in path.parent.glob("*")),
        ]
        exists = path.exists()
    except RequestError:
        raise
    except (OSError, ValueError) as error:
        raise RequestError(
            "data.source",
            expected="a source that can be read",
            received=f"{recipe.source!r}, which cannot be read: {error}",
        ) from None
    why = "a file of another kind" if exists else f"which is not there.{nearest(path.name, known)}"
    raise RequestError(
        "data.source",
        expected=f"{', '.join(BUILTIN)}, an image folder, an .npz, a .csv or a .tsv",
        received=f"{recipe.source!r}, {why}",
    )
