"""manifest.json: the SHA-256 of each file that kerasae wrote into a folder, so that a changed file is refused.

A run has a manifest, and so has each export. It detects files that were damaged, exchanged or edited. It is not a
signature: whoever can write to the folder can write a manifest too.

A file is listed with the digests that it may have: one, or two while it is being replaced ("absent" where there was no
file). The new digest is added before the move and the old one is removed after it, so that a process that is killed in
between leaves a file that is accepted with either content.
"""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING

from kerasae.files.manifest_file import (
    FILE,
    LOCK,
    MARKS,
    NEXT,
    digest,
    digests_of,
    is_sealed,
    locked,
    name_in,
    read_files,
    root_of,
    write_files,
)
from kerasae.utils.console import stderr_console
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ABSENT = "absent"  # in place of a digest: the file may be missing
# What an older run's manifest lists when it is made.
LISTED_AT_FIRST = (*MARKS, "history.csv", "model.keras", "rejection.keras", "metrics.json", "predictions.npz")
CHECKPOINTS = "checkpoints/*.npz"
ATTEMPTS = 3  # a file that another process replaces between two reads looks changed at most once for each write


def begin(folder: Path) -> None:
    """Make a manifest in a folder that has none; the files of a run in it are listed as they are."""
    with locked(folder):
        if (folder / FILE).exists():
            return
        present = [path for name in LISTED_AT_FIRST if (path := folder / name).is_file()]
        present += [path for path in folder.glob(CHECKPOINTS) if path.is_file()]
        write_files(folder, {path.relative_to(folder).as_posix(): [digest(path)] for path in present})


def remove(folder: Path) -> None:
    """Remove the manifest of a folder."""
    for name in (FILE, LOCK, NEXT):
        (folder / name).unlink(missing_ok=True)


def seal(folder: Path) -> None:
    """Write a manifest of all files in a new folder, to which nothing is added later."""
    write_files(folder, {name: [value] for name, value in digests_of(folder).items()}, sealed=True)


@contextlib.contextmanager
def listed(path: Path, new: Path) -> Iterator[None]:
    """List that `new`, a file or a folder, replaces `path` inside the block.

    If the process is killed inside the block, both contents are accepted. Nothing is listed outside of runs and folders
    with a manifest. A run that was made before there were manifests gets one.
    """
    root = root_of(path)
    if root is None or is_sealed(root):
        yield
        return
    name = name_in(path, root)
    begin(root)
    if new.is_dir():
        is_listed_itself = (new / FILE).is_file()  # a sealed folder lists its own files: only its manifest is listed
        inside = {FILE: digest(new / FILE)} if is_listed_itself else digests_of(new)
        digests = {f"{name}/{inner}": value for inner, value in inside.items()}
    else:
        digests = {name: digest(new)}
    with locked(root):
        files = read_files(root)
        for key, value in digests.items():
            now = digest(root / key) if (root / key).is_file() else ABSENT
            files[key] = [*files.get(key, [now]), value]
        write_files(root, files)
    yield
    with locked(root):
        files = {key: values for key, values in read_files(root).items() if not key.startswith(f"{name}/")}
        write_files(root, files | {key: [value] for key, value in digests.items()})


def forget(path: Path) -> None:
    """Remove a file that kerasae has deleted from the manifest."""
    root = root_of(path)
    if root is not None and (root / FILE).is_file():
        with locked(root):
            write_files(root, {key: values for key, values in read_files(root).items() if key != name_in(path, root)})


def is_listed(path: Path) -> bool:
    """Return whether a manifest lists the file, which kerasae has written and not removed since."""
    root = root_of(path)
    if root is None or not (root / FILE).exists():
        return False
    accepted = read_files(root).get(name_in(path, root))
    return accepted is not None and (ABSENT not in accepted or path.exists())


def check(path: Path, fix: str) -> bool:
    """Refuse a listed file that is missing or changed.

    Args:
        path: the file.
        fix: what the user can do about it, for the message.

    Returns:
        Whether the file is listed, and so known to be intact.

    Raises:
        RequestError: names the file.
    """
    if not is_listed(path):
        return False
    root = root_of(path)
    assert root is not None
    for _ in range(ATTEMPTS):
        accepted = read_files(root).get(name_in(path, root), [])
        if not path.exists():
            if ABSENT in accepted:
                return False
            raise RequestError(
                "run",
                expected=f"{path.name} in {path.parent}, where kerasae wrote it",
                received="no such file",
                fix=fix,
            )
        if not path.is_file():
            break
        if digest(path) in accepted:
            return True
    raise RequestError(
        "run",
        expected=f"{path} as kerasae wrote it",
        received=f"a changed file, whose SHA-256 is not that of {FILE}",
        fix=f"{fix}. If the change is yours, remove {root / FILE}: then the files count as they are",
    )


def check_all(folder: Path, fix: str) -> bool:
    """Refuse a sealed folder of which a file is missing or changed, or that is not the one that its run lists.

    Returns:
        Whether the folder has a manifest.

    Raises:
        RequestError: names the file.
    """
    for _ in range(ATTEMPTS):
        try:
            check(folder / FILE, fix)
            if not (folder / FILE).exists():
                return False
            for name in read_files(folder):
                check(folder / name, fix)
            return True
        except RequestError as error:  # another process may replace the whole folder meanwhile
            failure = error
    raise failure


@functools.cache
def remind(folder: Path, what: str) -> None:
    """Print once that a folder which kerasae made has no manifest."""
    if not (folder / FILE).exists():
        stderr_console().print(f"{what}: {folder} was made before manifests: its files are not checked", soft_wrap=True)
