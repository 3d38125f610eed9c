"""Class names that may mean the same class: cat, Cat and cats."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from kerasae.data.sources.naming import each

if TYPE_CHECKING:
    from collections.abc import Sequence


def doubts(class_names: Sequence[str]) -> tuple[str, ...]:
    """Return one line for the classes whose names are near, naming them and both ways to go on; empty if none are."""
    groups: dict[str, list[str]] = {}
    for name in class_names:
        groups.setdefault(_plain(name), []).append(name)
    # Letters of an alphabet, A and a, are classes of their own.
    near = [names for names in groups.values() if len(names) > 1 and max(map(len, names)) > 1]
    if not near:
        return ()
    same = each([" and ".join(map(repr, names)) for names in near], "groups of near names")
    known = f"={list(class_names)!r}" if len(class_names) <= 20 else ""
    return (
        (
            f"data.source: expected class names that nobody takes for the same class. Received: {same}; join or rename "
            f"them, or, if they differ, say so by naming every class in data.class_names{known}"
        ),
    )


def _plain(name: str) -> str:
    """Return a name without case, accents, separators between words, leading zeros and the s of a plural."""
    bare = "".join(part for part in unicodedata.normalize("NFKD", name) if not unicodedata.combining(part))
    bare = re.sub(r"(?<=[^\W\d_])[\s_.-]+(?=[^\W_])|(?<=[^\W_])[\s_.-]+(?=[^\W\d_])", "", bare.strip().casefold())
    bare = re.sub(r"(?<![\d.])0+(?=\d)", "", bare)
    return bare[:-1] if len(bare) > 3 and bare.endswith("s") and not bare.endswith("ss") else bare
