"""A folder of images: one sub-folder for each class, flat or under train/, validation/ (or val/) and test/."""

from __future__ import annotations

import itertools
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from kerasae.data.decoding import SUFFIXES
from kerasae.data.sources.files import Entry, from_files
from kerasae.data.sources.folder_names import composed, is_masks, is_normal, is_split, is_system, is_unlabelled, pairs
from kerasae.data.sources.naming import listing, natural
from kerasae.data.sources.source import SPLIT_NAMES, Source, Split
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kerasae.recipe import DataRecipe

_CONFIRM = "or, if it is a class, name every class in data.class_names"


def open_folder(root: Path, recipe: DataRecipe) -> Source:
    """Open a folder of images; those in `unlabeled/`, or in a folder without sub-folders, have no label.

    Files are ignored, and counted in the facts, if they are hidden, have no suffix of an image, belong to the system,
    are masks of defects, or lie where no class can be told. A folder that `recipe.class_names` names is a class,
    whatever its name would mean otherwise.

    Raises:
        RequestError: the folder holds no image, or test/ or validation/ but no train/.
    """
    walk = _Walk(recipe.class_names)
    try:
        entries = list(walk.everything(root))
    except OSError as error:
        raise RequestError(
            "data.source",
            expected="a folder that can be read",
            received=f"{error.filename}, which cannot be read: {error.strerror}",
        ) from None
    if not entries:
        raise RequestError(
            "data.source",
            expected=f"images in {root}, one sub-folder for each class",
            received=f"none{(f', {sum(walk.ignored.values())} other files' if walk.ignored else '')}",
            fix=f"known are {' '.join(sorted(SUFFIXES))}",
        )
    return from_files(
        root,
        entries,
        walk.classes,
        recipe,
        ignored=dict(walk.ignored),
        split_folders={**walk.split_folders},
        masks=walk.masks,
        doubts=tuple(walk.doubts),
    )


def images_below(folder: Path) -> list[Path]:
    """Return all images below a folder as `open_folder` finds them: through links, and nothing that is hidden."""
    return [Path(entry.path) for entry in _Walk().below(folder, None, "train", set())]


class _Walk:
    """One walk through a folder, which collects class names, counts of ignored files and doubts.

    `split_folders` maps folders to the split that they were read as, `masks` defect classes to the folder of masks.
    """

    def __init__(self, class_names: Sequence[str] = ()) -> None:
        self.named = frozenset(class_names)
        self.classes: set[str] = set()
        self.ignored: Counter[str] = Counter()
        self.roots: set[tuple[int, int]] = set()
        self.split_folders: dict[str, Split] = {}
        self.masks: dict[str, str] = {}
        self.doubts: list[RequestError] = []

    def everything(self, root: Path) -> Iterator[Entry]:
        self.roots.add(_identity(root))
        folders = _folders(root)
        splits = self.splits(folders)
        if not splits:
            yield from self.split(root, "train")
            return
        if "train" not in splits.values():
            raise RequestError(
                "data.source",
                expected=f"train/ beside {next(iter(splits)).name}/ in {root}",
                received=f"{', '.join(folder.name + '/' for folder in folders)}",
                fix="a class cannot have the name of a split, unless data.class_names names every class",
            )
        self.split_folders = {folder.name: split for folder, split in splits.items()}
        yield from self.beside(root, "train")
        others = [folder for folder in folders if folder not in splits and not self.is_known(folder, folders)]
        for folder, split in splits.items():
            if split == "train" and not _folders(folder) and any(_holds_images(other) for other in others):
                names = listing([f"{other.name}/" for other in others])
                self.doubts.append(
                    RequestError(
                        "data.source",
                        expected=f"one sub-folder for each class in {folder}",
                        received=f"images without a class, and {names} beside it",
                        fix=f"move the classes into {folder.name}/, {_CONFIRM}",
                    )
                )
        for folder in folders:
            if folder in splits:
                yield from self.split(_unwrapped(folder), splits[folder])
            elif self.is_masks(folder, folders):
                self.note_masks(folder)
            elif self.is_unlabelled(folder):
                yield from self.below(folder, None, "train", set(self.roots))
            else:
                self.ignored[f"in {folder.name}/ beside train/"] += _count_files(folder)

    def splits(self, folders: Sequence[Path]) -> dict[Path, Split]:
        """Return the folders that are certainly splits, by their names."""
        unnamed = [folder for folder in folders if composed(folder.name) not in self.named]
        exact = {folder: SPLIT_NAMES[folder.name.lower()] for folder in unnamed if folder.name.lower() in SPLIT_NAMES}
        if exact:
            return exact
        inner = {folder.name: {sub.name for sub in _folders(_unwrapped(folder))} for folder in unnamed}
        shared = frozenset(
            name for name, subs in inner.items() if any(subs & inner[other] for other in inner if other != name)
        )
        by_name = pairs(list(inner), shared)
        return {folder: by_name[folder.name] for folder in unnamed if folder.name in by_name}

    def split(self, root: Path, split: Split) -> Iterator[Entry]:
        """Walk through the sub-folders of classes, or, if there are none, through images without a label."""
        folders = _folders(root)
        if not folders:
            yield from self.below(root, None, split, set())
            return
        self.roots.add(_identity(root))
        yield from self.beside(root, split)
        classes = []
        for folder in folders:
            if self.is_masks(folder, folders):
                self.note_masks(folder)
            elif self.is_unlabelled(folder):
                yield from self.below(folder, None, split, set(self.roots))
            elif _identity(folder) in self.roots:
                self.ignored["links to a folder seen already"] += 1
            else:
                classes.append(folder)
                self.classes.add(folder.name)
                yield from self.below(folder, folder.name, split, set(self.roots))
        self.doubt(root, classes)

    def doubt(self, root: Path, classes: Sequence[Path]) -> None:
        """Note sub-folders that may be something else than classes."""
        unnamed = [folder for folder in classes if composed(folder.name) not in self.named]
        splits = [f"{folder.name}/" for folder in unnamed if is_split(folder.name)]
        if splits:
            self.doubts.append(
                RequestError(
                    "data.source",
                    expected=f"one sub-folder for each class in {root}",
                    received=f"{listing(splits)}, which {'is' if len(splits) == 1 else 'are'} named like a split",
                    fix=f"name splits train/, validation/ and test/ and put the classes below them, {_CONFIRM}",
                )
            )
        groups: dict[frozenset[str], list[str]] = {}
        for folder in unnamed:
            groups.setdefault(frozenset(sub.name for sub in _folders(folder)), []).append(f"{folder.name}/")
        for inner, names in groups.items():
            if len(inner) > 1 and len(names) > 1 and not splits:
                shared = listing([f"{name}/" for name in sorted(inner, key=natural)])
                self.doubts.append(
                    RequestError(
                        "data.source",
                        expected=f"one sub-folder for each class in {root}",
                        received=f"{listing(names)}, all with the sub-folders {shared}",
                        fix=(
                            "if those are the classes, name the folders above train/, validation/ and test/, or else "
                            "name every class in data.class_names"
                        ),
                    )
                )

    def is_known(self, folder: Path, beside: Sequence[Path]) -> bool:
        """Return whether a folder beside train/ is certainly no class."""
        return self.is_masks(folder, beside) or self.is_unlabelled(folder) or is_split(folder.name)

    def is_unlabelled(self, folder: Path) -> bool:
        return composed(folder.name) not in self.named and is_unlabelled(folder.name)

    def is_masks(self, folder: Path, beside: Sequence[Path]) -> bool:
        normal = any(is_normal(other.name) or other.name.lower() in SPLIT_NAMES for other in beside)
        return composed(folder.name) not in self.named and is_masks(folder.name, beside_normal=normal)

    def note_masks(self, folder: Path) -> None:
        """Keep where the masks of each defect are, and count them as ignored."""
        self.masks |= {composed(sub.name): str(sub) for sub in _folders(folder) or [folder]}
        self.ignored["masks of defects"] += _count_files(folder)

    def below(self, folder: Path, label: str | None, split: Split, seen: set[tuple[int, int]]) -> Iterator[Entry]:
        """Walk through `folder` and all below it, through links too but into none of the folders in `seen` again."""
        if _identity(folder) in seen:
            self.ignored["links to a folder seen already"] += 1
            return
        seen.add(_identity(folder))
        for path in _listed(folder):
            if path.name.startswith("."):
                self.ignored["hidden"] += 1
            elif is_system(path.name) and path.is_dir():
                self.ignored[f"in {path.name}/"] += _count_files(path)
            elif _is_image(path):
                yield Entry(str(path), label, split)
            elif path.is_dir():
                yield from self.below(path, label, split, seen)
            else:
                self.ignored[f"suffix {path.suffix.lower() or '(none)'}"] += 1

    def beside(self, root: Path, split: Split) -> Iterator[Entry]:
        """Count the files beside sub-folders, which have no class."""
        for path in _listed(root):
            if path.name.startswith("."):
                self.ignored["hidden"] += 1
            elif is_system(path.name) and path.is_dir():
                self.ignored[f"in {path.name}/"] += _count_files(path)
            elif not path.is_dir():
                self.ignored["beside folders"] += 1
            elif _is_image(path):
                yield Entry(str(path), None, split)  # a folder named like an image; the scan sets it aside


def _folders(root: Path) -> list[Path]:
    """Return the sub-folders that a user made; a folder named like an image is none of them."""
    with os.scandir(root) as entries:
        names = [entry.name for entry in entries if not entry.name.startswith(".") and entry.is_dir()]
    paths = [root / name for name in sorted(names, key=natural)]
    return [path for path in paths if not is_system(path.name) and not _is_image(path)]


def _unwrapped(folder: Path) -> Path:
    """Return the folder, or the one of the same name that is all there is in it, as archives are often unpacked."""
    with os.scandir(folder) as entries:
        visible = (entry for entry in entries if not entry.name.startswith(".") and not is_system(entry.name))
        inner = list(itertools.islice(visible, 2))  # folders may hold millions
    same = len(inner) == 1 and inner[0].name.lower() == folder.name.lower() and inner[0].is_dir(follow_symlinks=False)
    return folder / inner[0].name if same else folder


def _holds_images(folder: Path) -> bool:
    return any(_is_image(Path(name)) for _, _, files in os.walk(folder) for name in files)


def _count_files(folder: Path) -> int:
    return sum(len(files) for _, _, files in os.walk(folder))


def _listed(folder: Path) -> list[Path]:
    return sorted(folder.iterdir(), key=lambda path: natural(path.name))


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino
