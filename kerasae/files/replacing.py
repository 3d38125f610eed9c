"""Replace a folder in one rename, keeping the user's files in it, and read one that may be replaced meanwhile."""

from __future__ import annotations

import ctypes
import errno
import itertools
import json
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from kerasae.files.locks import is_at
from kerasae.files.unfinished import name_beside, remove
from kerasae.utils.console import stderr_console
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FILES = ".kerasae-files.json"  # lists what kerasae wrote into a folder
ATTEMPTS = 20
WAIT_SECONDS = 0.1
_EXCHANGE = 2  # RENAME_EXCHANGE of renameat2(2)
_HERE = -100  # AT_FDCWD

T = TypeVar("T")


def replace_folder(new: Path, target: Path) -> None:
    """Replace the folder `target` by `new`; a reader finds either the old folder or the new one.

    Files in the old folder that kerasae did not write are kept in the new one. Where these are unknown (a folder of an
    earlier version) or have a name that the new folder has too, the old folder is kept under another name.

    Raises:
        OSError: the folder cannot be moved; `target` is unchanged.
    """
    (new / FILES).write_text(json.dumps(sorted(map(str, _files(new)))), encoding="utf-8")
    if not os.path.lexists(target):
        new.rename(target)
    elif not target.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(target))
    elif _carried_over(target, new):
        _exchange(new, target)
    else:
        before = next(path for path in map(target.with_name, _numbered(target.name)) if not os.path.lexists(path))
        _move_both(target, before, new)
        stderr_console().print(
            f"{target} held files that may be yours: they are in {before} now; remove it if you do not need them",
            soft_wrap=True,
        )


def read_whole(folder: Path, read: Callable[[Path], T]) -> T:
    """Return the result of `read` for a folder; read again if the folder was replaced meanwhile.

    No permission to write is needed.

    Raises:
        RequestError: the folder was replaced at every attempt.
    """
    for _ in range(ATTEMPTS):
        try:
            # While the folder is open, no other folder gets its inode.
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:  # between the two moves on a file system that cannot exchange
            time.sleep(WAIT_SECONDS)
            continue
        try:
            result = read(folder)
        except Exception:
            if is_at(descriptor, folder):
                raise
        else:
            if is_at(descriptor, folder):
                return result
        finally:
            os.close(descriptor)
        time.sleep(WAIT_SECONDS)
    raise RequestError(
        folder,
        expected="a folder that is not replaced while it is read",
        received="one that is replaced again and again",
        fix="wait for the process that writes it",
    )


def _files(folder: Path) -> Iterator[Path]:
    """List the files and links below a folder, relative to it."""
    for root, folders, files in os.walk(folder):
        links = [name for name in folders if Path(root, name).is_symlink()]
        yield from (Path(root, name).relative_to(folder) for name in (*files, *links))


def _carried_over(old: Path, new: Path) -> bool:
    """Link the files that others put into `old` into `new`; return whether all of them are in `new`."""
    try:
        written = set(json.loads((old / FILES).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return not any(_files(old))
    for file in _files(old):
        if str(file) in written or file == Path(FILES):
            continue
        if os.path.lexists(new / file):
            return False
        try:
            (new / file).parent.mkdir(parents=True, exist_ok=True)
            _link(old / file, new / file)
        except FileExistsError:  # one folder has a file where the other has a folder
            return False
    return True


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # a file system without hard links
        shutil.copy2(source, target, follow_symlinks=False)


def _numbered(name: str) -> Iterator[str]:
    return (f"{name}.before-{number}" for number in itertools.count(1))


def _exchange(new: Path, target: Path) -> None:
    """Exchange two folders, in one system call if there is one, and remove the old folder."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        rename = None
    if rename is None or rename(_HERE, os.fsencode(new), _HERE, os.fsencode(target), ctypes.c_uint(_EXCHANGE)):
        old = name_beside(target, "old")
        _move_both(target, old, new)
        remove(old)


def _move_both(target: Path, aside: Path, new: Path) -> None:
    target.rename(aside)
    try:
        new.rename(target)
    except BaseException:
        aside.rename(target)
        raise
