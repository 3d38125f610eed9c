"""Locks on folders: one process at a time writes; a lock ends with its process, however that ends."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import platform
import re
from collections.abc import Iterator
from pathlib import Path

from kerasae.console import told
from kerasae.errors import RequestError

LOCK = ".kerasae.lock"
_WITHOUT_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)
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


def _held(path: Path, option: str, otherwise: str) -> int:
    """Return a descriptor of the lock's file, locked."""
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            raise RequestError(f"{option}: expected no link at {path}. Received: one; remove it") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(descriptor, path):
                return descriptor
            os.close(descriptor)  # whoever held it has just removed it
        except BlockingIOError:
            words = _CONTENT.fullmatch(os.pread(descriptor, 200, 0).decode(errors="replace"))
            os.close(descriptor)
            doing, who = (words[1], f" (process {words[2]} on {words[3]})") if words else ("writing to", "")
            raise RequestError(
                f"{option}: another process is {doing} {path.parent}{who}; wait for it{otherwise}"
            ) from None
        except OSError as error:
            if error.errno not in _WITHOUT_LOCKS:
                os.close(descriptor)
                raise
            told().print(
                f"{path.parent} is on a file system without locks: nothing keeps another process from writing to it",
                soft_wrap=True,
            )
            return descriptor


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
