"""Plain values as TOML; Python reads that format but does not write it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


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
