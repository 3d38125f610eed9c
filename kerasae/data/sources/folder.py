"""A folder of pictures: one sub-folder a class, flat or under train/, validation/ (or val/) and test/."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from kerasae.data.decoding import SUFFIXES
from kerasae.data.sources.files import Entry, from_files
from kerasae.data.sources.naming import natural
from kerasae.data.sources.source import SPLIT_NAMES, Source, Split
from kerasae.errors import RequestError
from kerasae.recipe import DataRecipe

_UNLABELLED = ("unlabeled", "unlabelled")


def open_folder(root: Path, recipe: DataRecipe) -> Source:
    """Read a folder of pictures, those of `unlabeled/` and those of a folder without sub-folders without a label.

    What is hidden, has no picture's suffix, or lies where no class can be told is ignored, and counted in the facts.

    Raises:
        RequestError: there is no picture in it, or it holds test/ or validation/ but no train/.
    """
    ignored: Counter[str] = Counter()
    try:
        entries = list(_entries(root, ignored))
    except OSError as error:
        raise RequestError(f"data.source: {error.filename} cannot be read: {error.strerror}") from None
    if not entries:
        raise RequestError(
            f"data.source: expected pictures in {root}, one sub-folder a class. Received: none"
            f"{f', {sum(ignored.values())} other files' if ignored else ''}; known are {' '.join(sorted(SUFFIXES))}"
        )
    return from_files(root, entries, recipe, {"ignored": dict(ignored)})


def _entries(root: Path, ignored: Counter[str]) -> Iterator[Entry]:
    folders = _folders(root, ignored)
    splits = [folder for folder in folders if folder.name.lower() in SPLIT_NAMES]
    if not splits:
        yield from _classes(root, "train", ignored)
        return
    if not any(SPLIT_NAMES[folder.name.lower()] == "train" for folder in splits):
        raise RequestError(
            f"data.source: expected train/ beside {splits[0].name}/ in {root}. Received: "
            f"{', '.join(folder.name + '/' for folder in folders)}; a class cannot have the name of a split"
        )
    for folder in folders:
        if folder in splits:
            yield from _classes(folder, SPLIT_NAMES[folder.name.lower()], ignored)
        elif folder.name.lower() in _UNLABELLED:
            yield from _below(folder, None, "train", ignored, {_identity(root)})
        else:
            ignored["in folders beside train/"] += sum(len(files) for _, _, files in os.walk(folder))
    ignored.update(_stray(root))


def _classes(root: Path, split: Split, ignored: Counter[str]) -> Iterator[Entry]:
    folders = _folders(root, ignored)
    if not folders:
        yield from _below(root, None, split, ignored, set())
        return
    for folder in folders:
        label = None if folder.name.lower() in _UNLABELLED else folder.name
        yield from _below(folder, label, split, ignored, {_identity(root)})
    ignored.update(_stray(root))
    # A folder named like a picture is no class; it is set aside like any other broken file.
    yield from (Entry(str(path), None, split) for path in _listed(root) if path.is_dir() and _is_picture(path))


def _below(
    folder: Path, label: str | None, split: Split, ignored: Counter[str], above: set[tuple[int, int]]
) -> Iterator[Entry]:
    """Yield the pictures in `folder` and below it, through links too but never round in a circle."""
    identity = _identity(folder)
    if identity in above:
        ignored["links back to a folder above"] += 1
        return
    for path in _listed(folder):
        if path.name.startswith("."):
            ignored["hidden"] += 1
        elif _is_picture(path):
            yield Entry(str(path), label, split)
        elif path.is_dir():
            yield from _below(path, label, split, ignored, above | {identity})
        else:
            ignored[f"suffix {path.suffix.lower() or '(none)'}"] += 1


def _folders(root: Path, ignored: Counter[str]) -> list[Path]:
    folders = [path for path in _listed(root) if path.is_dir() and not _is_picture(path)]
    return [folder for folder in folders if not folder.name.startswith(".")]


def _stray(root: Path) -> Counter[str]:
    """Count files beside sub-folders, which belong to no class."""
    files = [path for path in _listed(root) if not path.is_dir()]
    return Counter("hidden" if path.name.startswith(".") else "beside folders" for path in files)


def _listed(folder: Path) -> list[Path]:
    return sorted(folder.iterdir(), key=lambda path: natural(path.name))


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino
