"""Write files completely or not at all."""

from __future__ import annotations

import contextlib
import json
import os
from typing import TYPE_CHECKING, Any

from kerasae.files.manifest import listed
from kerasae.files.replacing import replace_folder
from kerasae.files.unfinished import name_beside, remove, remove_unfinished_of
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def written_whole(path: Path, *, replaces: bool = True) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it replaces `path` on success and is removed otherwise.

    Args:
        path: the file or folder to write.
        replaces: whether it may replace something; for folders see `replacing.replace_folder`.

    Raises:
        RequestError: `path` exists, and may not or cannot be replaced.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_unfinished_of(path)
    temporary = name_beside(path)
    try:
        yield temporary
        if not replaces and os.path.lexists(path):
            raise RequestError(
                path,
                expected="a free name",
                received="one that another process has taken meanwhile",
                fix="give another name",
            )
        if path.exists() and path.is_dir() != temporary.is_dir():
            present, wanted = ("folder", "file") if path.is_dir() else ("file", "folder")
            raise RequestError(
                "run", expected=f"a {wanted} at {path}", received=f"a {present}", fix="move it away and try again"
            )
        with listed(path, temporary):
            if temporary.is_dir() and replaces:
                replace_folder(temporary, path)
            else:
                temporary.replace(path)
    except OSError as error:
        if error.errno and error.filename in (None, str(temporary)):  # a failed write does not name its file
            error.filename = str(path)
        raise
    finally:
        remove(temporary)


def write_text(path: Path, text: str) -> None:
    """Write a text file completely or not at all."""
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write indented JSON completely or not at all; NaN, which JSON does not have, raises ValueError."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")
