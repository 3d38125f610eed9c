"""A folder of pictures: one sub-folder a class, flat or under train/, validation/ (or val/) and test/."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from kerasae.data.decoding import SUFFIXES
from kerasae.data.sources.files import Entry, from_files
from kerasae.data.sources.naming import natural
from kerasae.data.sources.source import SPLIT_NAMES, UNLABELLED_NAMES, Source, Split
from kerasae.errors import RequestError
from kerasae.recipe import DataRecipe


def open_folder(root: Path, recipe: DataRecipe) -> Source:
    """Read a folder of pictures, those of `unlabeled/` and those of a folder without sub-folders without a label.

    What is hidden, has no picture's suffix, or lies where no class can be told is ignored, and counted in the facts.

    Raises:
        RequestError: there is no picture in it, or it holds test/ or validation/ but no train/.
    """
    walk = _Walk()
    try:
        entries = list(walk.everything(root))
    except OSError as error:
        raise RequestError(f"data.source: {error.filename} cannot be read: {error.strerror}") from None
    if not entries:
        raise RequestError(
            f"data.source: expected pictures in {root}, one sub-folder a class. Received: none"
            f"{f', {sum(walk.ignored.values())} other files' if walk.ignored else ''}; "
            f"known are {' '.join(sorted(SUFFIXES))}"
        )
    return from_files(root, entries, walk.classes, recipe, {"ignored": dict(walk.ignored)})


def pictures_below(folder: Path) -> list[Path]:
    """Return all pictures below a folder as `open_folder` finds them: through links, and nothing that is hidden."""
    return [Path(entry.path) for entry in _Walk().below(folder, None, "train", set())]


class _Walk:
    """One walk through a folder, which notes the class names and what it ignored on its way."""

    def __init__(self) -> None:
        self.classes: set[str] = set()
        self.ignored: Counter[str] = Counter()
        self.roots: set[tuple[int, int]] = set()

    def everything(self, root: Path) -> Iterator[Entry]:
        self.roots.add(_identity(root))
        folders = _folders(root)
        splits = {folder: SPLIT_NAMES[folder.name.lower()] for folder in folders if folder.name.lower() in SPLIT_NAMES}
        if not splits:
            yield from self.split(root, "train")
            return
        if "train" not in splits.values():
            raise RequestError(
                f"data.source: expected train/ beside {next(iter(splits)).name}/ in {root}. Received: "
                f"{', '.join(folder.name + '/' for folder in folders)}; a class cannot have the name of a split"
            )
        yield from self.beside(root, "train")
        for folder in folders:
            if folder in splits:
                yield from self.split(folder, splits[folder])
            elif folder.name.lower() in UNLABELLED_NAMES:
                yield from self.below(folder, None, "train", set(self.roots))
            else:
                self.ignored["in folders beside train/"] += sum(len(files) for _, _, files in os.walk(folder))

    def split(self, root: Path, split: Split) -> Iterator[Entry]:
        """Walk through one sub-folder a class, or, if there are none, through pictures without a label."""
        folders = _folders(root)
        if not folders:
            yield from self.below(root, None, split, set())
            return
        self.roots.add(_identity(root))
        yield from self.beside(root, split)
        for folder in folders:
            if folder.name.lower() in UNLABELLED_NAMES:
                yield from self.below(folder, None, split, set(self.roots))
            elif _identity(folder) in self.roots:
                self.ignored["links to a folder seen already"] += 1
            else:
                self.classes.add(folder.name)
                yield from self.below(folder, folder.name, split, set(self.roots))

    def below(self, folder: Path, label: str | None, split: Split, seen: set[tuple[int, int]]) -> Iterator[Entry]:
        """Walk through `folder` and all below it, through links too but into none of the folders in `seen` again."""
        if _identity(folder) in seen:
            self.ignored["links to a folder seen already"] += 1
            return
        seen.add(_identity(folder))
        for path in _listed(folder):
            if path.name.startswith("."):
                self.ignored["hidden"] += 1
            elif _is_picture(path):
                yield Entry(str(path), label, split)
            elif path.is_dir():
                yield from self.below(path, label, split, seen)
            else:
                self.ignored[f"suffix {path.suffix.lower() or '(none)'}"] += 1

    def beside(self, root: Path, split: Split) -> Iterator[Entry]:
        """Count what lies beside sub-folders, where no class can be told."""
        for path in _listed(root):
            if path.name.startswith("."):
                self.ignored["hidden"] += 1
            elif not path.is_dir():
                self.ignored["beside folders"] += 1
            elif _is_picture(path):
                yield Entry(str(path), None, split)  # a folder named like a picture; the scan sets it aside


def _folders(root: Path) -> list[Path]:
    return [path for path in _listed(root) if path.is_dir() and not path.name.startswith(".") and not _is_picture(path)]


def _listed(folder: Path) -> list[Path]:
    return sorted(folder.iterdir(), key=lambda path: natural(path.name))


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino
