"""Locks on folders: one process at a time writes; a lock ends with its process, however that ends."""

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
# What a file system without locks answers.
WITHOUT_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)
_CONTENT = re.compile(r"([a-z ]{1,40})\n(\d{1,10})\n([\w.-]{1,64})\n")


@contextlib.contextmanager
def alone(folder: Path, doing: str, option: str, otherwise: str = "") -> Iterator[None]:
    """Hold a folder for this process alone.

    On a file system without locks the work goes on without one, with a line that says so.

    Args:
        doing: what this process does to the folder, as in "exporting", for the others' messages.
        option: the option that named the folder.
        otherwise: what else can be done than to wait, as in ", or give another --name".

    Raises:
        RequestError: another process holds it.
        OSError: the folder cannot be written to.
    """
    path = folder / LOCK
    descriptor = _held(path, option, otherwise)
    try:
        os.truncate(descriptor, 0)
        os.write(descriptor, f"{doing}\n{os.getpid()}\n{platform.node() or 'localhost'}\n".encode())
        yield
    finally:
        path.unlink(missing_ok=True)  # while it is held, so that it is nobody else's
        os.close(descriptor)


def at_work(folder: Path) -> str | None:
    """Return what another process is doing to a folder, such as "training runs/x (process 7 on host)"; None if none."""
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
    """Return what the process that holds a lock wrote into it."""
    content = _CONTENT.fullmatch(os.pread(descriptor, 200, 0).decode(errors="replace"))
    if content is None:
        return f"writing to {folder}"
    return f"{content[1]} {folder} (process {content[2]} on {content[3]})"


def _held(path: Path, option: str, otherwise: str) -> int:
    """Return a descriptor of the lock's file, locked."""
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
            os.close(descriptor)  # whoever held it has just removed it
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
                f"{path.parent} is on a file system without locks: nothing keeps another process from writing to it",
                soft_wrap=True,
            )
            return descriptor


def is_at(descriptor: int, path: Path) -> bool:
    """Tell whether an open file or folder still lies at its path."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
