"""Names of files that are being written, and removal of those that killed processes left.

The name alone decides whether a file may be removed: it holds a marker that only kerasae uses, and the host, boot,
process and start time of the writer. Files of other hosts, and names of an earlier version (`.NAME.PROCESS`), are never
removed.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import platform
import re
import shutil
from pathlib import Path
from typing import Literal

_LONGEST = 255  # bytes of a file's name
_UNKNOWN = "0"
_NAME = re.compile(
    r"\.(?P<stem>.+)\.kerasae-(?P<kind>new|old)-(?P<host>[0-9a-f]{8})-(?P<boot>[0-9a-f]{8})-(?P<process>\d+)-"
    r"(?P<started>\d+)(?P<suffix>\.[^.]+)?",
    re.DOTALL,
)


def name_beside(path: Path, kind: Literal["new", "old"] = "new") -> Path:
    """Return the path where this process writes the replacement of `path` ("new"), or keeps the replaced file ("old").

    The name keeps the suffix, by which writers choose their format.
    """
    host, boot = _machine()
    process = os.getpid()
    end = f".kerasae-{kind}-{host}-{boot}-{process}-{_started(process)}{path.suffix}"
    return path.with_name(_start(path, len(os.fsencode(end))) + end)


def remove_unfinished(folder: Path) -> None:
    """Remove what dead processes of this host wrote below `folder`; restore a folder that was moved aside."""
    for path in list(folder.rglob(".*.kerasae-*")):
        _remove(path)


def remove_unfinished_of(target: Path) -> None:
    """Remove what dead processes of this host were writing to replace `target`."""
    start = f"{_start(target, 0)}.kerasae-"
    with contextlib.suppress(OSError):  # a folder may be writable and not readable
        for entry in list(os.scandir(target.parent)):
            if entry.name.startswith(start):
                _remove(Path(entry.path))


def remove(path: Path) -> None:
    """Remove a file, link or folder that kerasae made, if it exists and can be removed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def _start(path: Path, taken: int) -> str:
    """Return the beginning of the names for `path`, cut so that `taken` more bytes fit."""
    return "." + os.fsdecode(os.fsencode(path.stem)[: _LONGEST - 1 - taken])


def _remove(path: Path) -> None:
    name = _NAME.fullmatch(path.name)
    host, boot = _machine()
    if name is None or name["host"] != host:
        return
    if name["boot"] == boot and _runs(int(name["process"]), name["started"]):
        return
    target = path.with_name(f"{name['stem']}{name['suffix'] or ''}")
    if name["kind"] == "old" and not os.path.lexists(
        target
    ):  # its process was killed between the two moves of a replacement
        with contextlib.suppress(OSError):
            path.rename(target)
        return
    remove(path)


@functools.cache
def _machine() -> tuple[str, str]:
    """Return hashes of the host (with its namespace of process ids) and of its last boot."""
    host, boot = platform.node(), ""
    with contextlib.suppress(OSError):
        host += str(Path("/proc/self/ns/pid").readlink())
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
    first, second = (hashlib.sha256(text.encode()).hexdigest()[:8] for text in (host, boot))
    return first, second


def _started(process: int) -> str:
    """Return the start time of a process in kernel ticks, which tells it from a later one of the same id."""
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{process}/stat").read_text(errors="replace").rpartition(")")[2].split()[19]
    return _UNKNOWN


def _runs(process: int, started: str) -> bool:
    try:
        os.kill(process, 0)
    except PermissionError:
        pass  # another user's
    except (ProcessLookupError, OverflowError):
        return False
    return _UNKNOWN in (started, now := _started(process)) or now == started
