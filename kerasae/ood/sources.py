"""Sources of OOD images: any source of images, or the test images after transforms."""

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
from kerasae.data.variants import TransformedImages
from kerasae.ood.measurement import sources_in
from kerasae.recipe import DataRecipe, Recipe
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.data.collection import Collection
    from kerasae.data.images import ImageSet

LEFT_OUT = "left-out"
OPTION = "--unknown"
MAX_NAME = 60  # characters


@dataclass(frozen=True)
class OodImages:
    """Images that a model should reject, in the run's shape.

    Attributes:
        name: of the folder that their measurement is written to.
        source: what the user named, or a resolved path; tells images of the same name apart.
        title: what they are, for a reader.
        images: those that can be decoded.
        num_broken: the number of files that cannot be decoded.
    """

    name: str
    source: str
    title: str
    images: ImageSet | TransformedImages
    num_broken: int


def open_all(sources: Sequence[str], recipe: Recipe, collection: Collection, folder: Path) -> list[OodImages]:
    """Open several sources as `open_ood_images` does; each gets a name that no other has, in `folder` either."""
    opened = [open_ood_images(source, recipe, collection) for source in dict.fromkeys(sources)]
    return _with_unique_names(opened, folder)


def open_unknown_classes(collection: Collection, folder: Path) -> list[OodImages]:
    """Return the unknown classes of a run's own data, such as defects beside good images, named as by `open_all`."""
    classes = [
        OodImages(_as_name(name), f"class {name}", name, images, 0) for name, images in collection.unknown.items()
    ]
    return _with_unique_names(classes, folder)


def open_ood_images(source: str, recipe: Recipe, collection: Collection) -> OodImages:
    """Open images that a model was not trained on.

    Args:
        source: "left-out", the classes that `data.leave_out` kept from the run; a source as of `data.source`, whose
            test images are taken if it has a test split and all images if not; or transforms of the test images: a
            name, a TOML table such as `{name = "invert"}`, or a list of both.
        recipe: the run's, whose shape and resizing are applied.
        collection: the run's.

    Raises:
        RequestError: it is none of these, or holds no image that can be decoded.
    """
    if source == LEFT_OUT:
        return _open_left_out(recipe, collection)
    if source not in BUILTIN and not _exists(source):
        transformed = TransformedImages(collection.test, _transforms(source), seed=recipe.data.seed)
        return OodImages(_as_name(source), source, f"the test images after {source}", transformed, 0)
    return _open_source(source, recipe, collection)


def _open_source(source: str, recipe: Recipe, collection: Collection) -> OodImages:
    is_builtin = source in BUILTIN
    options = {
        "source": source,
        "image_shape": list(collection.image_shape),
        "resize": recipe.data.resize,
        "range": "auto" if is_builtin else recipe.data.range,
        "max_broken_fraction": 1.0,  # a few OOD images that can be decoded are enough
        "memory_limit_mb": recipe.data.memory_limit_mb,
    }
    try:
        opened = open_source(DataRecipe.model_validate(options))
    except RequestError as error:
        where = OPTION if error.where == "data.source" else f"{OPTION}: {error.where}"
        raise RequestError(where, error.expected, error.received, error.fix) from None
    if len(opened.parts.get("test", ())):
        images = opened.parts["test"]
    else:
        images = reduce(lambda left, right: left.join(right), [part for part in opened.parts.values() if len(part)])
    num_broken = len(opened.facts.quarantine)
    path = Path(source)
    return OodImages(
        name=_as_name(path.stem if _exists(source) else source),
        source=source if is_builtin else _source_of_path(path.expanduser().resolve(), collection),
        title=source if is_builtin else path.name,
        images=_resized(images, recipe, collection),
        num_broken=num_broken,
    )


def _open_left_out(recipe: Recipe, collection: Collection) -> OodImages:
    names = recipe.data.leave_out
    if not names:
        raise RequestError(
            OPTION,
            expected=f"a run that was trained with data.leave_out beside {LEFT_OUT!r}",
            received="one that knows all its classes",
        )
    images = _resized(open_source(recipe.data).only(names), recipe, collection)
    return OodImages(LEFT_OUT, LEFT_OUT, f"{', '.join(names)}, left out of training", images, 0)


def _resized(images: ImageSet, recipe: Recipe, collection: Collection) -> ImageSet:
    """Bring images in memory to the run's shape; files are decoded into it."""
    if isinstance(images, ArrayImages):
        return images.resized(collection.image_shape, recipe.data.resize)
    return images


def _source_of_path(path: Path, collection: Collection) -> str:
    """Return what tells a path apart: itself, or the class if it is the folder of an unknown class of the run.

    The measurement of such a class then stays in one folder wherever the data are.
    """
    images = collection.unknown.get(path.name, ())
    folders = [Path(images.name(index)).parent for index in range(len(images))] if images else []
    is_class = bool(folders) and Path(os.path.commonpath(folders)).resolve() == path
    return f"class {path.name}" if is_class else str(path)


def _with_unique_names(opened: Sequence[OodImages], folder: Path) -> list[OodImages]:
    """Number the names of different sources that are alike, there or in `folder`."""
    source_of_name = sources_in(folder)
    named: dict[str, OodImages] = {}
    for ood_images in opened:
        name, number = ood_images.name, 2
        while source_of_name.setdefault(name, ood_images.source) != ood_images.source:
            name, number = f"{ood_images.name}-{number}", number + 1
        named[name] = replace(ood_images, name=name)
    return list(named.values())


def _as_name(text: str) -> str:
    return re.sub(r"[^\w.]+", "-", text).strip("-.")[:MAX_NAME] or "unknown"


def _exists(source: str) -> bool:
    try:
        return bool(source) and Path(source).expanduser().exists()
    except OSError:  # a list of transforms may be too long for a file name
        return False


def _transforms(source: str) -> list[augment.Transform]:
    try:
        value = tomllib.loads(f"spec = {source}")["spec"]
    except tomllib.TOMLDecodeError:
        value = source
    specs = value if isinstance(value, list) else [value]
    try:
        return augment.from_spec([{"name": spec} if isinstance(spec, str) else spec for spec in specs])
    except (ValueError, TypeError) as error:
        raise RequestError(
            OPTION,
            expected=f"{', '.join(BUILTIN)}, a folder, an .npz, a .csv or a transform of the test images",
            received=f"{source!r}, which does not exist, and as a transform: {error}",
        ) from None
