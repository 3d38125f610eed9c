"""TOML read within limits (tomllib) and written (tomli-w)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

import tomli_w

from kerasae.utils.errors import RequestError

MOST_CHARACTERS = 1_000_000
MOST_LEVELS = 32
MOST_BITS = 1024  # far more than the 64 of TOML 1.0, and few enough for Python to print


def read(text: str) -> dict[str, Any]:
    """Read a TOML document.

    Raises:
        tomllib.TOMLDecodeError: the text is not TOML.
        RequestError: the text is longer, nested deeper or has larger integers than a recipe needs.
    """
    if len(text) > MOST_CHARACTERS:
        raise RequestError(expected=f"at most {MOST_CHARACTERS:,} characters", received="more")
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError:
        raise _too_deep() from None
    except ValueError:  # Python reads no integer of more than 4,300 digits
        raise _too_large() from None
    level: list[Any] = [tree]
    for _ in range(MOST_LEVELS):
        level = [item for value in level for item in (value.values() if isinstance(value, dict) else value)]
        if any(isinstance(value, int) and value.bit_length() > MOST_BITS for value in level):
            raise _too_large()
        level = [value for value in level if isinstance(value, dict | list)]
    if level:
        raise _too_deep()
    return tree


def _too_deep() -> RequestError:
    return RequestError(expected=f"tables and lists at most {MOST_LEVELS} deep", received="deeper ones")


def _too_large() -> RequestError:
    return RequestError(expected="integers of 64 bits", received="a larger one")


def document(tree: Mapping[str, Any]) -> str:
    """Write a tree as a TOML document."""
    return tomli_w.dumps(tree, indent=2)


def inline(value: Any) -> str:
    """Write a value on one line, where tomli-w writes each entry of a list on a line of its own."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_key(key)} = {inline(item)}' for key, item in value.items())} }}" if value else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(inline, value))}]"
    return tomli_w.dumps({"value": value})[len("value = ") : -1]


def shown(value: Any) -> str:
    """Write a value for people: numbers to four digits, strings without quotes, all else as in a recipe."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else inline(value)


def _key(key: str) -> str:
    """Write a key, in quotes where it needs them."""
    return tomli_w.dumps({key: 0})[: -len(" = 0\n")]
