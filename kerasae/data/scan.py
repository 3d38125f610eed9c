"""The scan of files before training: what each file holds, or why it cannot be read. Cached between runs."""

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

# The versions of the rules of kerasae and Pillow, on which the result of a scan depends.
_VERSION = f"3, Pillow {PIL.__version__}"


@dataclass(frozen=True, slots=True)
class FileFact:
    """The result of the scan of one file.

    Attributes:
        height, width: of the upright image.
        channels: 1 or 3.
        mode: Pillow's name for how the pixels are stored.
        bytes_hash: the SHA-256 of the file.
        pixels_hash: the SHA-256 of the upright pixels, 16 bits mapped to 8.
        error: why the file cannot be used; the other fields are empty then.
        values_hash: the SHA-256 of the stored numbers if they have more than 8 bits.
        values: what the stored numbers mean.
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
    """The facts by path, the number of files that were read and that were cached, and the path of the cache."""

    facts: dict[str, FileFact]
    read: int
    remembered: int
    cache: str


def scan(root: Path, paths: Sequence[str]) -> Scan:
    """Examine every file, in parallel; cached files that were not changed are not read again.

    A file is unchanged if its path, inode, size, modification time and change time (`st_ctime_ns`) are the same. No
    program can reset the change time, so that contents exchanged with the old modification time (`cp -p`, `rsync -t`)
    are noticed.

    The cache is a JSON file in the user's cache directory, one for each `root`. Without such a directory, or if it
    cannot be written, the next scan reads all files again.
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
            # Unreadable files are not cached: they may become readable without a change of size or time.
            lasting = {key: facts[path] for path, key in keys.items() if path in facts and facts[path].bytes_hash}
            _remember(cache, lasting)
    return Scan(facts, len(new), len(keys) - len(new), "" if cache is None else str(cache))


def _examined(paths: Sequence[str]) -> Iterator[tuple[str, FileFact]]:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        # In batches, so that a folder of millions of files does not become millions of waiting tasks.
        for start in range(0, len(paths), 1024):
            batch = paths[start : start + 1024]
            yield from zip(batch, pool.map(examine, batch), strict=True)


def examine(path: str) -> FileFact:
    """Read one file completely; the reason not to use it, if any, is in `error`."""
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
    """Return a key that identifies a file's content without reading it; text, since JSON has no tuples as keys."""
    with contextlib.suppress(OSError):
        status = Path(path).stat()
        unchanged = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        return f"{' '.join(map(str, unchanged))} {Path(path).absolute()}"
    return f"absent {path}"


def _cache_file(root: Path) -> Path | None:
    try:
        folder = platformdirs.user_cache_path("kerasae")
    except (RuntimeError, OSError, KeyError):  # a user without a home directory
        return None
    if not folder.is_absolute():  # "~" is left in the path without a home directory
        return None
    return folder / "scans" / f"{_hash(str(root.resolve()).encode(errors='surrogateescape'))[:24]}.json"


def _remembered(cache: Path | None) -> dict[str, FileFact]:
    # If the cache is damaged or of another version, the files are read again.
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
