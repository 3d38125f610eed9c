"""The one pass over files before training: what each holds, or why it cannot be read. Remembered between runs."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL
import platformdirs

from kerasae.data.decoding import Stored, read_stored, to_8_bits
from kerasae.data.progress import with_progress
from kerasae.data.value_range import FULL_16, Values
from kerasae.files.writing import written_whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Whatever changes what a scan finds: our own rules and Pillow's.
_VERSION = f"3, Pillow {PIL.__version__}"


@dataclass(frozen=True, slots=True)
class FileFact:
    """What one file holds, its sides as seen upright; with `error` set it cannot be used and the rest is empty.

    `pixels_hash` is of the pixels that 16 bits mapped to 8 give, `values_hash` of the stored numbers where they have
    more than 8 bits.
    """

    height: int = 0
    width: int = 0
    channels: int = 0
    mode: str = ""
    bytes_hash: str = ""
    pixels_hash: str = ""
    error: str = ""
    values_hash: str = ""
    values: Values = field(default_factory=Values)


@dataclass(frozen=True)
class Scan:
    """The facts by path, and how they were come by: how many files were read now and how many remembered."""

    facts: dict[str, FileFact]
    read: int
    remembered: int
    cache: str


def scan(root: Path, paths: Sequence[str]) -> Scan:
    """Examine every file, in parallel; one that is known and was not touched since is not read again.

    Untouched means the same path, inode, size, time of modification and time of change (`st_ctime_ns`). The last no
    program can set back, so that contents exchanged under an old modification time (`cp -p`, `rsync -t`) are noticed.

    The memory is a JSON file in the user's cache directory, one for each `root`. Where there is no such directory or it
    cannot be written, the scan is merely slower next time.
    """
    cache = _cache_file(root)
    known = _remembered(cache)
    keys = {path: _key(path) for path in paths}
    facts = {path: known[key] for path, key in keys.items() if key in known}
    new = [path for path in keys if path not in facts]
    try:
        for path, fact in with_progress(_examined(new), len(new), "Looking at files"):
            facts[path] = fact
    finally:
        if new:
            # An unreadable file has no hash; it may become readable without a change of size or time.
            lasting = {key: facts[path] for path, key in keys.items() if path in facts and facts[path].bytes_hash}
            _remember(cache, lasting)
    return Scan(facts, len(new), len(keys) - len(new), "" if cache is None else str(cache))


def _examined(paths: Sequence[str]) -> Iterator[tuple[str, FileFact]]:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        # In stretches, so that a folder of millions does not become millions of waiting tasks.
        for start in range(0, len(paths), 1024):
            stage = paths[start : start + 1024]
            yield from zip(stage, pool.map(examine, stage), strict=True)


def examine(path: str) -> FileFact:
    """Read one file wholly; every reason not to use it ends up in `error`, in a few words."""
    digest = ""
    try:
        path.encode()
        status = Path(path).stat()
        if not stat.S_ISREG(status.st_mode):
            return FileFact(error="a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file")
        with Path(path).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            if status.st_size == 0:
                return FileFact(bytes_hash=digest, error="an empty file")
            file.seek(0)
            stored = read_stored(file)
    except Exception as error:  # Pillow's decoders raise nearly anything on damaged files
        return FileFact(bytes_hash=digest, error=_reason(error))
    height, width, channels = stored.pixels.shape
    pixels_hash, values_hash = _hashes(stored)
    return FileFact(height, width, channels, stored.mode, digest, pixels_hash, "", values_hash, stored.values)


def _hashes(stored: Stored) -> tuple[str, str]:
    """Return the hashes of a file's pixels and of its numbers, as `FileFact` has them."""
    values_hash = ""
    if stored.values.kind == "wide":
        numbers = np.ascontiguousarray(stored.pixels)
        kind = f"{numbers.shape} {numbers.dtype} {stored.white_is_zero}"
        values_hash = _hash(kind.encode(), numbers.data, b"" if stored.alpha is None else stored.alpha.tobytes())
        if not stored.values.within(FULL_16) or numbers.dtype.kind == "f":
            return values_hash, values_hash
    image = to_8_bits(stored, FULL_16 if stored.values.is_wide else None)
    return _hash(f"{image.shape}".encode(), image.data), values_hash


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeEncodeError):
        return "a name that is not valid UTF-8"
    if isinstance(error, PIL.UnidentifiedImageError):
        return "not an image of a known format"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    text = " ".join(str(error).split())
    return text if isinstance(error, OSError | ValueError) and text else f"{type(error).__name__} {text}".rstrip()


def _hash(*parts: bytes | memoryview) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def _key(path: str) -> str:
    """Return what identifies a file's content without reading it; a JSON object takes no tuples as keys."""
    with contextlib.suppress(OSError):
        status = Path(path).stat()
        unchanged = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        return f"{' '.join(map(str, unchanged))} {Path(path).absolute()}"
    return f"absent {path}"


def _cache_file(root: Path) -> Path | None:
    try:
        folder = platformdirs.user_cache_path("kerasae")
    except (RuntimeError, OSError, KeyError):  # a user without a home
        return None
    if not folder.is_absolute():  # "~" stands for no home
        return None
    return folder / "scans" / f"{_hash(str(root.resolve()).encode(errors='surrogateescape'))[:24]}.json"


def _remembered(cache: Path | None) -> dict[str, FileFact]:
    # A memory that is damaged or of another version is only a memory: the files are read again.
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        stored: dict[str, Any] = json.loads(cache.read_text(encoding="utf-8")) if cache is not None else {}
        if stored["version"] == _VERSION:
            return {key: _fact(columns) for key, columns in stored["files"].items()}
    return {}


def _fact(columns: list[Any]) -> FileFact:
    kind, lowest, highest, container, tagged = columns[-1]
    container, tagged = (None if limits is None else tuple(limits) for limits in (container, tagged))
    return replace(FileFact(*columns[:-1]), values=Values(kind, lowest, highest, container, tagged))


def _remember(cache: Path | None, facts: dict[str, FileFact]) -> None:
    if cache is None:
        return
    stored = {"version": _VERSION, "files": {key: astuple(fact) for key, fact in facts.items()}}
    with contextlib.suppress(OSError), written_whole(cache) as temporary:
        temporary.write_text(json.dumps(stored), encoding="utf-8")
