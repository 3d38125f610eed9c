"""Class names that may mean the same class: cat, Cat and cats."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from kerasae.data.sources.naming import each
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence


def find_similar(class_names: Sequence[str]) -> RequestError | None:
    """Return the error for class names that may mean the same class; None if there are none."""
    groups: dict[str, list[str]] = {}
    for name in class_names:
        groups.setdefault(_plain(name), []).append(name)
    # Letters of an alphabet, A and a, are classes of their own.
    similar = [names for names in groups.values() if len(names) > 1 and max(map(len, names)) > 1]
    if not similar:
        return None
    listed = f"={list(class_names)!r}" if len(class_names) <= 20 else ""
    return RequestError(
        "data.source",
        expected="class names that cannot be mistaken for one another",
        received=each([" and ".join(map(repr, names)) for names in similar], "groups of similar names"),
        fix=f"join or rename the classes, or, if they differ, name every class in data.class_names{listed}",
    )


def _plain(name: str) -> str:
    """Return a name without case, accents, separators of words, leading zeros and the plural's s."""
    bare = "".join(part for part in unicodedata.normalize("NFKD", name) if not unicodedata.combining(part))
    bare = re.sub(r"(?<=[^\W\d_])[\s_.-]+(?=[^\W_])|(?<=[^\W_])[\s_.-]+(?=[^\W\d_])", "", bare.strip().casefold())
    bare = re.sub(r"(?<![\d.])0+(?=\d)", "", bare)
    return bare[:-1] if len(bare) > 3 and bare.endswith("s") and not bare.endswith("ss") else bare
