"""Readers for the files of a run. Their errors name the file and say how to fix it.

Every reader compares the file with the manifest first.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from PIL import Image

from kerasae.files import manifest
from kerasae.utils.console import stderr_console
from kerasae.utils.errors import RequestError, in_a_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

Value = TypeVar("Value")
Default = TypeVar("Default")


def how_to_fix(path: Path) -> str:
    """Return how to restore a file of a run, by its name."""
    run = path.parent
    if path.parent.name == "checkpoints":
        run = path.parent.parent
        return f"put it back, or remove {path.parent} to train from the start with: kerasae train --run {run} --resume"
    again = {
        "metrics.json": f"make it again with: kerasae evaluate {run}",
        "predictions.npz": f"make it again with: kerasae evaluate {run}",
        "model.keras": f"put it back, or remove it and make it again with: kerasae train --run {run} --resume",
        "rejection.keras": f"put it back, or remove it and make it again with: kerasae train --run {run} --resume",
        "history.csv": "put it back, or remove it and go on without",
        "environment.json": "put it back, or remove it and go on without",
    }
    return again.get(path.name, "put it back or train a new run")


def check(path: Path, fix: str | None = None) -> bool:
    """Refuse a file that is missing, a folder, or listed and changed; return whether it is known to be intact.

    Raises:
        RequestError: says `fix`, or by default `how_to_fix`.
    """
    fix = fix or how_to_fix(path)
    is_intact = manifest.check(path, fix)
    if not path.exists():
        raise RequestError("run", expected=f"{path.name} in {path.parent}", received="no such file", fix=fix)
    if not path.is_file():
        raise RequestError(
            "run", expected="a file", received=f"{path}, which is a folder", fix=f"move it away, and {fix}"
        )
    return is_intact


def damaged(path: Path, reason: str, fix: str | None = None) -> RequestError:
    """Return the error for a file that does not hold what it should.

    Args:
        reason: what is wrong with the content, such as "expected a JSON object".
        fix: what to do about it; by default what `how_to_fix` says.
    """
    return RequestError(
        "run",
        expected=f"{path} as kerasae wrote it",
        received=f"a damaged file ({reason})",
        fix=fix or how_to_fix(path),
    )


@contextlib.contextmanager
def reading(path: Path, errors: tuple[type[Exception], ...], fix: str | None = None) -> Iterator[None]:
    """Check a file, and turn errors of reading it inside the block into a `RequestError`.

    Raises:
        RequestError: as `check`, or one of `errors` was raised.
    """
    check(path, fix)
    try:
        yield
    except RequestError:
        raise
    except errors as error:
        raise damaged(path, in_a_line(error), fix) from None


def read_json(path: Path, keys: Mapping[str, type] | None = None, fix: str | None = None) -> Any:
    """Read a JSON file.

    Args:
        path: the file.
        keys: required keys and their types; the value must be an object then.
        fix: what the user can do; by default what `how_to_fix` says.

    Raises:
        RequestError: it is missing, changed or damaged.
    """
    with reading(path, (ValueError, RecursionError), fix):
        value = json.loads(path.read_text(encoding="utf-8"))
    if keys is not None and not isinstance(value, dict):
        raise damaged(path, "expected a JSON object", fix)
    for key, kind in (keys or {}).items():
        if not isinstance(value.get(key), kind):
            raise damaged(path, f"expected {key!r} as {kind.__name__}", fix)
    return value


def read_csv(path: Path, fix: str | None = None) -> list[dict[str, str]]:
    """Read the rows of a CSV file as dictionaries by the names in its first line.

    Raises:
        RequestError: the file is missing, changed or damaged, or a row has other columns.
    """
    with reading(path, (UnicodeDecodeError, csv.Error), fix):
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
    for number, row in enumerate(rows, 2):
        if None in row or None in row.values():
            raise damaged(path, f"row {number} has other columns than the first line", fix)
    return rows


def read_npz(path: Path, names: Sequence[str] | None = None, required: Sequence[str] = ()) -> dict[str, np.ndarray]:
    """Read arrays by name: all, or only those in `names`.

    Raises:
        RequestError: the file is missing, changed or damaged, or lacks one of `names` or `required`.
    """
    errors = (OSError, ValueError, KeyError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error)
    with reading(path, errors), path.open("rb") as file:
        stored = np.load(file, allow_pickle=False)
        if not isinstance(stored, np.lib.npyio.NpzFile):
            raise damaged(path, "expected an archive of arrays")
        missing = [name for name in (*(names or ()), *required) if name not in stored.files]
        if missing:
            raise damaged(path, f"expected an array {missing[0]!r}")
        arrays = {name: stored[name] for name in (stored.files if names is None else names)}
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):  # NumPy returns the bytes of other members
            raise damaged(path, f"expected an array {name!r}")
    return arrays


def read_image(path: Path) -> np.ndarray:
    """Read the pixels of an image that kerasae wrote.

    Raises:
        RequestError: it is missing, changed or damaged.
    """
    with reading(path, (OSError, ValueError, SyntaxError)), Image.open(path) as image:
        return np.asarray(image)


def read_bytes(path: Path) -> bytes:
    """Read the bytes of an image file, to embed it in a page.

    Raises:
        RequestError: it is missing, changed or no image.
    """
    read_image(path)
    return path.read_bytes()


def without(read: Callable[[], Value], default: Default) -> Value | Default:
    """Read an optional file: if it is missing, changed or damaged, print one line and return `default`."""
    try:
        return read()
    except RequestError as error:
        stderr_console().print(f"left out: {error}", soft_wrap=True)
        return default
