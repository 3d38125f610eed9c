"""`Configured`, the base of transforms and mixings: the configuration is the constructor's arguments."""

from __future__ import annotations

import inspect
from abc import ABC
from collections.abc import Mapping
from typing import Any, ClassVar, Self


class Configured(ABC):  # noqa: B024 - its children add what is abstract
    """A class whose constructor stores each argument under the argument's own name, where `get_config` reads it."""

    name: ClassVar[str] = ""

    def get_config(self) -> dict[str, Any]:
        """Return every constructor argument as plain values for a recipe table or JSON."""
        return {name: _plain(getattr(self, name)) for name in arguments(type(self))}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Return an object with the configuration that `get_config` returned."""
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, Configured) and self.get_config() == other.get_config()

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        listed = ", ".join(f"{name}={getattr(self, name)!r}" for name in arguments(type(self)))
        return f"{type(self).__name__}({listed})"


def arguments(cls: type) -> list[str]:
    """Return the names of the constructor arguments of `cls`, in their order."""
    return list(inspect.signature(cls).parameters)


def _plain(value: Any) -> Any:
    if isinstance(value, Configured):
        return {"name": value.name, **value.get_config()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
