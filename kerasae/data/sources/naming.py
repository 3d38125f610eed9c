"""The order of file and class names that people expect."""

from __future__ import annotations

import re


def natural(name: str) -> tuple[tuple[tuple[int, int, str], ...], str]:
    """Return a sorting key by which "class2" comes before "class10"; equal keys mean equal names."""
    parts = re.findall(r"[0-9]+|[^0-9]+", name)
    return tuple((0, int(part), "") if part[0] in "0123456789" else (1, 0, part.lower()) for part in parts), name
