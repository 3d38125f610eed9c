"""The names under which recipes know transforms."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

_Class = TypeVar("_Class", bound=type)
_classes: dict[str, type] = {}


def register(name: str) -> Callable[[_Class], _Class]:
    """Return a decorator that makes a Transform or Mixing class known by `name` in recipe tables.

    Raises:
        ValueError: if `name` is not in snake_case, or another class already has it.
    """
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise ValueError(f"Expected the name of a transform in snake_case, such as 'my_blur'. Received: {name!r}")

    def decorate(cls: _Class) -> _Class:
        known = _classes.get(name)
        # Running a notebook cell or reloading a module defines the same class again: that is no conflict.
        if known is not None and (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise ValueError(
                f"Expected a name that no other transform has; {name!r} is {known.__qualname__}. "
                f"Received: {cls.__qualname__}"
            )
        cls.name = name  # type: ignore[attr-defined]
        _classes[name] = cls
        return cls

    return decorate


def names() -> list[str]:
    """Return every registered name, sorted."""
    return sorted(_classes)


def lookup(name: object) -> Any:
    """Return the class registered as `name`; an unknown name raises ValueError with the nearest known one."""
    if not isinstance(name, str) or name not in _classes:
        raise ValueError(f"Expected the name of a transform.{nearest(str(name), _classes)} Received: {name!r}")
    return _classes[name]


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `" Did you mean 'x'?"` for the closest of `known`, or all of them if none is close."""
    options = sorted(known)
    close = difflib.get_close_matches(name, options, n=1, cutoff=0.5)
    return f" Did you mean {close[0]!r}?" if close else f" Known: {', '.join(options)}."
