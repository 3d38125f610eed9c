"""How manifest.json is stored: its place, its format, its lock, and the digests in it."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
from typing import TYPE_CHECKING, Any

from kerasae.files.locks import WITHOUT_LOCKS
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FILE = "manifest.json"
LOCK = ".manifest.lock"
NEXT = ".manifest.next"  # one name for all processes, since they write in turn
FORMAT = 1
# The files that mark the folder of a run made before there were manifests.
MARKS = ("recipe.json", "data.json", "environment.json")

Files = dict[str, list[str]]


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def root_of(path: Path) -> Path | None:
    """Return the nearest folder above `path` that has a manifest or is a run's; None for a temporary file."""
    path = path.absolute()
    start = path.parent.parent if path.name == FILE else path.parent
    for folder in (start, *start.parents):
        if _is_manifest(folder / FILE) or all((folder / name).is_file() for name in MARKS):
            hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
            return None if hidden else folder
    return None


def name_in(path: Path, root: Path) -> str:
    """Return the name under which a manifest in `root` lists a file."""
    return path.absolute().relative_to(root).as_posix()


def _is_manifest(path: Path) -> bool:
    """Return whether a file is a manifest of kerasae; a damaged one counts, so that it is reported."""
    try:
        return '"kerasae_manifest"' in path.read_text(encoding="utf-8")[:100]
    except (OSError, UnicodeDecodeError):
        return False


def digests_of(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below a folder, by name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): digest(path) for path in files}


def is_sealed(folder: Path) -> bool:
    """Return whether nothing may be added to the folder's manifest."""
    return bool(_content(folder).get("sealed"))


def read_files(folder: Path) -> Files:
    """Return the digests that each listed file may have; RequestError if the manifest is damaged."""
    return dict(_content(folder)["files"])


def _content(folder: Path) -> dict[str, Any]:
    path = folder / FILE
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        files = content["files"]
        if content["kerasae_manifest"] != FORMAT or not all(isinstance(values, list) for values in files.values()):
            raise TypeError
    except FileNotFoundError:
        return {"files": {}}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise RequestError(
            "run",
            expected=f"{path} as kerasae wrote it",
            received="a damaged file",
            fix="put it back, or remove it: then the files are not checked, and count as they are",
        ) from None
    return content


def write_files(folder: Path, files: Mapping[str, list[str]], sealed: bool = False) -> None:
    """Write the manifest of a folder."""
    content = {"kerasae_manifest": FORMAT, "sealed": sealed, "files": dict(sorted(files.items()))}
    (folder / NEXT).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    (folder / NEXT).replace(folder / FILE)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock the manifest of a folder; other processes wait, and the lock ends with the process.

    On a file system without locks, which `locks.alone` reports, processes that write at once may lose each other's
    entries.
    """
    with (folder / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in WITHOUT_LOCKS:
                raise
        yield
