"""Plain values as TOML: read within limits, and written, which Python does not."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")
MOST_CHARACTERS = 1_000_000
DEEPEST = 32
MOST_BITS = 1024  # far beyond the 64 of TOML 1.0, and few enough for Python to print


def read(text: str) -> dict[str, Any]:
    """Read a TOML document.

    Raises:
        ValueError: no TOML, or longer, deeper or of greater numbers than a recipe has reason to be.
    """
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"expected at most {MOST_CHARACTERS:,} characters. Received: more")
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except ValueError:  # Python reads no integer of more than 4,300 digits
        raise ValueError(_TOO_GREAT) from None
    level: list[Any] = [tree]
    for _ in range(DEEPEST):
        level = [item for value in level for item in (value.values() if isinstance(value, dict) else value)]
        if any(isinstance(value, int) and value.bit_length() > MOST_BITS for value in level):
            raise ValueError(_TOO_GREAT)
        level = [value for value in level if isinstance(value, dict | list)]
    if level:
        raise ValueError(_TOO_DEEP)
    return tree


_TOO_DEEP = f"expected tables and lists at most {DEEPEST} deep. Received: deeper ones"
_TOO_GREAT = "expected integers of 64 bits. Received: one beyond them"


def inline(value: Any) -> str:
    """Write a value on one line: a scalar, a list, or a table in braces."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key_of(key)} = {inline(item)}' for key, item in value.items())} }}" if value else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(inline, value))}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value).lower() if isinstance(value, bool) else repr(value)


def shown(value: Any) -> str:
    """Write a value to be read: numbers to four digits, strings without quotes, all else as it stands in a recipe."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else inline(value)


def key_of(key: str) -> str:
    """Write a key, in quotes where it needs them."""
    return key if _BARE.fullmatch(key) else inline(key)


def document(tree: Mapping[str, Any]) -> str:
    """Write a tree: its tables, and lists of tables, under headings of their own, what lies deeper on one line each."""
    plain = {key: value for key, value in tree.items() if not _is_section(value)}
    parts = [_lines(plain)] if plain else []
    for key, value in tree.items():
        if _is_section(value):
            heading = f"[[{key_of(key)}]]" if isinstance(value, list) else f"[{key_of(key)}]"
            tables = value if isinstance(value, list) else [value]
            parts += [f"{heading}\n{_lines(table)}" for table in tables]
    return "\n".join(parts)


def _lines(table: Mapping[str, Any]) -> str:
    return "".join(f"{key_of(key)} = {inline(value)}\n" for key, value in table.items())


def _is_section(value: Any) -> bool:
    tables = isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)
    return isinstance(value, Mapping) or tables
