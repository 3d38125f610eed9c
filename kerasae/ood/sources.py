"""Where strangers come from: any source of images, or the test images after a transform."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

import augment
from kerasae.data.array_images import ArrayImages
from kerasae.data.sources import BUILTIN, open_source
from kerasae.evaluation.variants import Changed
from kerasae.files.reading import read_json
from kerasae.recipe import DataRecipe, Recipe
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.data.collection import Collection
    from kerasae.data.images import ImageSet

LEFT_OUT = "left-out"
LONGEST = 60  # characters of a name


@dataclass(frozen=True)
class Strangers:
    """Images that are to be rejected, in the run's own shape; `num_broken` more could not be decoded.

    `asked` tells them from others of the same name: the whole path, or what was asked for.
    """

    name: str
    asked: str
    words: str
    images: ImageSet | Changed
    num_broken: int


def open_all(asked: Sequence[str], recipe: Recipe, collection: Collection, folder: Path) -> list[Strangers]:
    """Open each of several strangers, as `open_strangers` does, under names that no others have in `folder` either."""
    return _named_apart([open_strangers(words, recipe, collection) for words in dict.fromkeys(asked)], folder)


def open_own(collection: Collection, folder: Path) -> list[Strangers]:
    """Return the unknown classes of a run's own data, such as defects beside good images, named as by `open_all`."""
    return _named_apart([_own(name, images) for name, images in collection.unknown.items()], folder)


def _own(name: str, images: ImageSet) -> Strangers:
    return Strangers(_as_name(name), f"class {name}", name, images, 0)


def _asked(folder: Path, collection: Collection) -> str:
    """Return what to call a folder: an own class's is the class, wherever it lies, so that it is kept in one place."""
    images = collection.unknown.get(folder.name, ())
    below = [Path(images.name(index)).parent for index in range(len(images))] if images else []
    return f"class {folder.name}" if below and Path(os.path.commonpath(below)).resolve() == folder else str(folder)


def _named_apart(opened: Sequence[Strangers], folder: Path) -> list[Strangers]:
    earlier = {path: read_json(path, {}, f"remove {path.parent}") for path in folder.glob("*/unknown.json")}
    taken = {path.parent.name: summary.get("asked") for path, summary in earlier.items()}
    found: dict[str, Strangers] = {}
    for one in opened:
        name, number = one.name, 2
        while taken.setdefault(name, one.asked) != one.asked:
            name, number = f"{one.name}-{number}", number + 1
        found[name] = replace(one, name=name)
    return list(found.values())


def open_strangers(words: str, recipe: Recipe, collection: Collection) -> Strangers:
    """Open images that a run does not know.

    Args:
        words: "left-out", the classes that `data.leave_out` kept from the run; a source as of `data.source`, whose test
            images are taken if it names some and all if not; or a transform of the test images, by name or as a
            TOML table such as `{name = "invert"}`, or a list of both.
        recipe: the run's, whose shape and resizing are applied.
        collection: the run's.

    Raises:
        RequestError: it is neither, or holds no image that can be decoded.
    """
    there = _is_there(words)
    name = _as_name(Path(words).stem if there else words)
    if words == LEFT_OUT:
        return _left_out(recipe, collection)
    if words not in BUILTIN and not there:
        changed = Changed(collection.test, _transforms(words), seed=recipe.data.seed)
        return Strangers(name, words, f"the test images after {words}", changed, 0)
    asked = {
        "source": words,
        "image_shape": list(collection.image_shape),
        "resize": recipe.data.resize,
        "range": "auto" if words in BUILTIN else recipe.data.range,
        "max_broken_fraction": 1.0,  # of strangers, those that can be decoded are enough
        "memory_limit_mb": recipe.data.memory_limit_mb,
    }
    try:
        source = open_source(DataRecipe.model_validate(asked))
    except RequestError as error:
        raise RequestError("--unknown", received=f"{str(error).removeprefix('data.source: ')}") from None
    parts = [part for part in source.parts.values() if len(part)]
    images = source.parts["test"] if len(source.parts.get("test", ())) else reduce(lambda a, b: a.join(b), parts)
    if isinstance(images, ArrayImages):
        images = images.resized(collection.image_shape, recipe.data.resize)
    num_broken = len(source.facts.quarantine)
    if words in BUILTIN:
        return Strangers(name, words, words, images, num_broken)
    asked_for = _asked(Path(words).expanduser().resolve(), collection)
    return Strangers(name, asked_for, Path(words).name, images, num_broken)


def _left_out(recipe: Recipe, collection: Collection) -> Strangers:
    names = recipe.data.leave_out
    if not names:
        raise RequestError(
            "--unknown",
            expected=f"a run that was trained with data.leave_out beside {LEFT_OUT!r}",
            received="one that knows all its classes",
        )
    images = open_source(recipe.data).only(names)
    if isinstance(images, ArrayImages):
        images = images.resized(collection.image_shape, recipe.data.resize)
    return Strangers(LEFT_OUT, LEFT_OUT, f"{', '.join(names)}, left out of training", images, 0)


def _as_name(words: str) -> str:
    return re.sub(r"[^\w.]+", "-", words).strip("-.")[:LONGEST] or "unknown"


def _is_there(words: str) -> bool:
    try:
        return bool(words) and Path(words).expanduser().exists()
    except OSError:  # too long for a name: a list of transforms
        return False


def _transforms(words: str) -> list[augment.Transform]:
    try:
        read = tomllib.loads(f"spec = {words}")["spec"]
    except tomllib.TOMLDecodeError:
        read = words
    specs = [{"name": one} if isinstance(one, str) else one for one in (read if isinstance(read, list) else [read])]
    try:
        return augment.from_spec(specs)
    except (ValueError, TypeError) as error:
        raise RequestError(
            "--unknown",
            expected=f"{', '.join(BUILTIN)}, a folder, an .npz, a .csv or a transform of the test images",
            received=f"{words!r}, which is not there, and as a transform: {error}",
        ) from None
