"""manifest.json: the SHA-256 of each file that kerasae wrote into a folder, so that a changed file is refused.

A run has one, and every export one of its own. It finds files that were damaged, exchanged or edited; it is no
signature: whoever can write to the folder can write a manifest too.

A file is listed with the digests that it may have: one, or two while it is being replaced ("absent" where there was no
file yet). The new digest is added before the move and the old one is dropped after it, so a process that is killed in
between leaves a file that is still accepted, whichever of the two contents it has.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import json
from typing import TYPE_CHECKING, Any

from kerasae.files.locks import WITHOUT_LOCKS
from kerasae.utils.console import stderr_console
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FILE = "manifest.json"
LOCK = ".manifest.lock"
NEXT = ".manifest.next"  # one name for all processes, since they write in turn
FORMAT = 1
ABSENT = "absent"  # in the place of a digest: the file may be missing
# What marks the folder of a run that was made before there were manifests, and what is listed once it gets one.
MARKS = ("recipe.json", "data.json", "environment.json")
LISTED_AT_FIRST = (*MARKS, "history.csv", "model.keras", "rejection.keras", "metrics.json", "predictions.npz")
CHECKPOINTS = "checkpoints/*.npz"
ATTEMPTS = 3  # a file that another process replaces between two reads looks changed at most once for each write

Files = dict[str, list[str]]


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def begin(folder: Path) -> None:
    """Give a folder a manifest if it has none; the files of a run that lie in it are listed as they are."""
    with _locked(folder):
        if (folder / FILE).exists():
            return
        present = [path for name in LISTED_AT_FIRST if (path := folder / name).is_file()]
        present += [path for path in folder.glob(CHECKPOINTS) if path.is_file()]
        _write(folder, {path.relative_to(folder).as_posix(): [digest(path)] for path in present})


def remove(folder: Path) -> None:
    """Remove the manifest of a folder, for whose files it is no longer needed."""
    for name in (FILE, LOCK, NEXT):
        (folder / name).unlink(missing_ok=True)


def seal(folder: Path) -> None:
    """Write a manifest of everything that a new folder holds, which nobody else uses yet and nothing is added to."""
    _write(folder, {name: [value] for name, value in _digests(folder).items()}, sealed=True)


@contextlib.contextmanager
def listed(path: Path, new: Path) -> Iterator[None]:
    """List that `new`, a file or a folder, takes the place of `path` inside the block.

    If the process is killed inside the block, both contents are accepted. Nothing is listed outside of a folder that
    has a manifest or is a run's; a run that was made before manifests gets one.
    """
    root = _root(path)
    if root is None or _is_sealed(root):
        yield
        return
    name = _name(path, root)
    begin(root)
    if new.is_dir():
        own = (new / FILE).is_file()  # a sealed folder answers for its files, so its manifest alone is listed
        found = {FILE: digest(new / FILE)} if own else _digests(new)
        digests = {f"{name}/{inner}": value for inner, value in found.items()}
    else:
        digests = {name: digest(new)}
    with _locked(root):
        files = _read(root)
        for key, value in digests.items():
            now = digest(root / key) if (root / key).is_file() else ABSENT
            files[key] = [*files.get(key, [now]), value]
        _write(root, files)
    yield
    with _locked(root):
        files = {key: values for key, values in _read(root).items() if not key.startswith(f"{name}/")}
        _write(root, files | {key: [value] for key, value in digests.items()})


def forget(path: Path) -> None:
    """Take a file that kerasae has removed off the manifest."""
    root = _root(path)
    if root is not None and (root / FILE).is_file():
        with _locked(root):
            _write(root, {key: values for key, values in _read(root).items() if key != _name(path, root)})


def is_listed(path: Path) -> bool:
    """Tell whether kerasae has written the file and not removed it again, as far as a manifest knows."""
    root = _root(path)
    if root is None or not (root / FILE).exists():
        return False
    accepted = _read(root).get(_name(path, root))
    return accepted is not None and (ABSENT not in accepted or path.exists())


def check(path: Path, fix: str) -> bool:
    """Refuse a listed file that is gone or not as kerasae wrote it.

    Args:
        fix: what to do about it, for the message.

    Returns:
        Whether the file is listed, and so known to be whole.

    Raises:
        RequestError: it names the file.
    """
    if not is_listed(path):
        return False
    root = _root(path)
    assert root is not None
    for _ in range(ATTEMPTS):
        accepted = _read(root).get(_name(path, root), [])
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
    """Refuse a sealed folder of which a file is gone or changed, or that is not the one which its run lists.

    Returns:
        Whether the folder has a manifest.

    Raises:
        RequestError: it names the file.
    """
    for _ in range(ATTEMPTS):
        try:
            check(folder / FILE, fix)
            if not (folder / FILE).exists():
                return False
            for name in _read(folder):
                check(folder / name, fix)
            return True
        except RequestError as error:  # another process may replace the whole folder meanwhile
            failure = error
    raise failure


@functools.cache
def remind(folder: Path, what: str) -> None:
    """Say once that a folder which kerasae made has no manifest."""
    if not (folder / FILE).exists():
        stderr_console().print(f"{what}: {folder} was made before manifests: its files are not checked", soft_wrap=True)


def _root(path: Path) -> Path | None:
    """Return the nearest folder above `path` that has a manifest of ours or is a run's; None for a temporary file."""
    path = path.absolute()
    start = path.parent.parent if path.name == FILE else path.parent
    for folder in (start, *start.parents):
        if _is_manifest(folder / FILE) or all((folder / name).is_file() for name in MARKS):
            hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
            return None if hidden else folder
    return None


def _name(path: Path, root: Path) -> str:
    return path.absolute().relative_to(root).as_posix()


def _is_manifest(path: Path) -> bool:
    """Tell a manifest of ours from other software's; a damaged one of a run counts, so that it is named."""
    try:
        return '"kerasae_manifest"' in path.read_text(encoding="utf-8")[:100]
    except (OSError, UnicodeDecodeError):
        return False


def _digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): digest(path) for path in files}


def _is_sealed(folder: Path) -> bool:
    return bool(_content(folder).get("sealed"))


def _read(folder: Path) -> Files:
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


def _write(folder: Path, files: Mapping[str, list[str]], sealed: bool = False) -> None:
    content = {"kerasae_manifest": FORMAT, "sealed": sealed, "files": dict(sorted(files.items()))}
    (folder / NEXT).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    (folder / NEXT).replace(folder / FILE)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the manifest of a folder, for which others wait; the lock ends with the process.

    On a file system without locks, of which `locks.alone` tells the user, processes that write at once may lose each
    other's entries.
    """
    with (folder / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in WITHOUT_LOCKS:
                raise
        yield
