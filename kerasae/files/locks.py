"""Locks on folders: one process at a time writes. A lock ends with its process, also if that is killed."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import platform
import re
from typing import TYPE_CHECKING

from kerasae.utils.console import stderr_console
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK = ".kerasae.lock"
# The errors of a file system without locks.
WITHOUT_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)
_CONTENT = re.compile(r"([a-z ]{1,40})\n(\d{1,10})\n([\w.-]{1,64})\n")


@contextlib.contextmanager
def alone(folder: Path, doing: str, option: str, otherwise: str = "") -> Iterator[None]:
    """Lock a folder for this process.

    On a file system without locks, the block runs without one, after a line on standard error.

    Args:
        folder: the folder.
        doing: what this process does to the folder, such as "exporting", for the messages of other processes.
        option: the option that named the folder.
        otherwise: what the user can do instead of waiting, such as ", or give another --name".

    Raises:
        RequestError: another process holds the lock.
        OSError: the folder cannot be written to.
    """
    path = folder / LOCK
    descriptor = _acquire(path, option, otherwise)
    try:
        os.truncate(descriptor, 0)
        os.write(descriptor, f"{doing}\n{os.getpid()}\n{platform.node() or 'localhost'}\n".encode())
        yield
    finally:
        path.unlink(missing_ok=True)  # before the lock is released, so that no other process has it
        os.close(descriptor)


def at_work(folder: Path) -> str | None:
    """Return what another process is doing to a folder, such as "training runs/x (process 7 on host)", or None."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _described(descriptor, folder)
    except OSError:  # a file system without locks
        return None
    finally:
        os.close(descriptor)
    return None


def _described(descriptor: int, folder: Path) -> str:
    """Return what the process that holds a lock is doing, as it wrote into the file."""
    content = _CONTENT.fullmatch(os.pread(descriptor, 200, 0).decode(errors="replace"))
    if content is None:
        return f"writing to {folder}"
    return f"{content[1]} {folder} (process {content[2]} on {content[3]})"


def _acquire(path: Path, option: str, otherwise: str) -> int:
    """Lock the file and return its descriptor."""
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            raise RequestError(option, expected=f"no link at {path}", received="one", fix="remove it") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if is_at(descriptor, path):
                return descriptor
            os.close(descriptor)  # its previous holder has just removed it
        except BlockingIOError:
            doing = _described(descriptor, path.parent)
            os.close(descriptor)
            raise RequestError(
                option,
                expected=f"{path.parent} to be free",
                received=f"another process is {doing}",
                fix=f"wait for it{otherwise}",
            ) from None
        except OSError as error:
            if error.errno not in WITHOUT_LOCKS:
                os.close(descriptor)
                raise
            stderr_console().print(
                f"{path.parent} is on a file system without locks: another process may write to it at the same time",
                soft_wrap=True,
            )
            return descriptor


def is_at(descriptor: int, path: Path) -> bool:
    """Return whether an open file or folder is still at its path."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
