"""File and class names: their natural order, and how they are shown."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def natural(name: str) -> tuple[tuple[tuple[int, int, str], ...], str]:
    """Return a sorting key by which "class2" comes before "class10"; equal keys mean equal names."""
    parts = re.findall(r"[0-9]+|[^0-9]+", name)
    return tuple((0, int(part), "") if part[0] in "0123456789" else (1, 0, part.lower()) for part in parts), name


def printable(path: str | os.PathLike[str]) -> str:
    """Return a path as valid text, with a replacement character for each byte that is not UTF-8."""
    return os.fsencode(path).decode(errors="replace")


def listing(names: Sequence[str], most: int = 10) -> str:
    """Return the first `most` names on one line, and the number of the others."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")


def each(items: Sequence[str], what: str) -> str:
    """Return a single item, or how many there are of `what` and, after a semicolon, the items as `listing` does.

    The terminal cuts the received value of an error, but not the text after `; `, which may be a long list.
    """
    return items[0] if len(items) == 1 else f"{len(items):,} {what}; {listing(items)}"
