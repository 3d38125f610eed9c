"""Merge trees of plain values: a file over the recipe that it extends, `--set` over a file.

The annotations of the recipe's fields tell tables, lists, mappings and names with options apart.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from kerasae.recipe import toml
from kerasae.recipe.base import Spec, Table
from kerasae.recipe.recipe import Recipe
from kerasae.recipe.search import KINDS, Range
from kerasae.utils.errors import RequestError


@dataclass(frozen=True)
class Kind:
    """What a field of the tree accepts.

    Attributes:
        table: the class of a table's fields.
        is_named: whether it is a name with options.
        entries: the annotation of a list's entries.
        values: the annotation of a mapping's values, whose keys are free.
        is_optional: whether "none" resets it.
        default: the plain value of a field that is left out.
    """

    table: type[Table] | None = None
    is_named: bool = False
    entries: Any = None
    values: Any = None
    is_optional: bool = False
    default: Any = None

    @classmethod
    def of(cls, annotation: Any, default: Any = None) -> Kind:
        """Return the kind of an annotation."""
        members = list(_members(annotation))
        classes = [member for member in members if isinstance(member, type)]
        return cls(
            table=next((kind for kind in classes if issubclass(kind, Table)), None),
            is_named=any(issubclass(kind, Spec) or (issubclass(kind, Table) and kind.is_named) for kind in classes),
            entries=next((get_args(member)[0] for member in members if get_origin(member) is list), None),
            values=next((get_args(member)[1] for member in members if get_origin(member) is dict), None),
            is_optional=NoneType in members,
            default=default,
        )

    def below(self, step: str) -> Kind:
        """Return the kind of a field, entry or value of this one; unknown fields accept anything."""
        field: FieldInfo | None = self.table.model_fields.get(step) if self.table is not None else None
        if field is not None:
            return Kind.of(field.annotation, _plain(field.get_default(call_default_factory=True)))
        return Kind.of(self.values if self.values is not None else self.entries)

    def reset_by(self, keys: Container[str]) -> str:
        """Return the field of this table that is reset where `keys` are set without it; "" if there is none."""
        pairs = self.table.takes_back.items() if self.table is not None else ()
        return next((other for key, other in pairs if key in keys and other not in keys), "")

    def opened(self, value: Any) -> Any:
        """Return a value in the form that takes fields, options or entries: "vgg" becomes {name = "vgg"}."""
        if value is None or (self.is_optional and value == "none"):
            value = {} if self.default is None else copy.deepcopy(self.default)
        if isinstance(value, str) and self.is_named:
            return {"name": value}
        return {} if self.table is not None and isinstance(value, bool) else value


_ROOT = Kind(table=Recipe)


def fields(path: Iterable[str]) -> list[str]:
    """Return the keys of the table at a path such as ["phases", "0"]; an empty list if its keys are free."""
    kind = _ROOT
    for step in path:
        kind = kind.below(step)
    return list(kind.table.model_fields) if kind.table is not None else []


def paths_ending_in(name: str) -> list[str]:
    """Return the paths of fields, such as `phases.0.epochs`, that end in `name`, the shortest first."""
    return sorted(
        (path for path in _paths(_ROOT) if path.rpartition(".")[2] == name), key=lambda path: (path.count("."), path)
    )


def _paths(kind: Kind, prefix: str = "") -> Iterator[str]:
    """Yield the paths of all fields; lists are represented by their first entry."""
    for field in [] if kind.table is None else kind.table.model_fields:
        inner = kind.below(field)
        yield f"{prefix}{field}"
        yield from _paths(inner, f"{prefix}{field}.")
        yield from _paths(Kind.of(inner.entries), f"{prefix}{field}.0.")


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Merge the tree `over` into `base`.

    Tables are merged. A `Spec` with a name, a range of a search and a list replace the value in `base`. A table with
    numbers as keys, such as `[phases.0]`, is merged into those entries of a list. An empty mapping empties a mapping.

    Raises:
        RequestError: an index beyond the end of a list.
    """
    return {**base, **{key: _merged(_ROOT.below(key), base.get(key), value, key) for key, value in over.items()}}


def override(tree: dict[str, Any], assignments: Iterable[str]) -> None:
    """Set fields of the tree from `a.b.0.c=VALUE`, in turn; VALUE is TOML, or a string where it is not.

    A field resets another one (see `Table.takes_back`) unless that is set too, before or after it.

    Raises:
        RequestError: no `=`, an index beyond the end of a list, or a field of a value that is not a table.
    """
    assignments = list(assignments)
    keys = {assignment.partition("=")[0].strip() for assignment in assignments}
    for assignment in assignments:
        _override(tree, assignment, keys)


def _override(tree: dict[str, Any], assignment: str, keys: Container[str]) -> None:
    key, equals, text = assignment.partition("=")
    if not equals or not key.strip():
        raise RequestError("--set", expected="KEY=VALUE, such as phases.0.epochs=5", received=f"{assignment!r}")
    try:
        value = toml.read(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    except RequestError as error:
        raise error.at(f"--set {key}") from None
    *path, last = key.strip().split(".")
    if path[:2] == ["search", "space"]:  # the rest is one name, of the searched field
        path, last = path[:2], ".".join([*path[2:], last]).strip("\"'")  # with or without the quotes of TOML
    node: Any = tree
    kind = _ROOT
    for count, step in enumerate(path, 1):
        kind = kind.below(step)
        index: Any = _index(node, step, f"--set {key}") if isinstance(node, list) else step
        node[index] = kind.opened(node[index] if isinstance(node, list) else node.get(index))
        node = node[index]
        if not isinstance(node, dict | list):
            where = ".".join(path[:count])
            raise RequestError(f"--set {key}", expected=f"a table at {where!r}", received=f"the value {node!r}")
    if isinstance(node, list):
        node[_index(node, last, f"--set {key}")] = value
    else:
        reset = kind.reset_by([last])
        if ".".join([*path, reset]) not in keys:
            node.pop(reset, None)
        node[last] = value


def _merged(kind: Kind, below: Any, over: Any, where: str) -> Any:
    if not isinstance(over, Mapping):
        return over
    replaces = (kind.is_named and "name" in over) or (kind.table is Range and over.keys() & KINDS)
    below = kind.opened(below)
    if isinstance(below, list) and over and all(step.isdecimal() for step in over):
        entries = list(below)
        for step, value in over.items():
            index = _index(entries, step, f"{where}.{step}")
            entries[index] = _merged(kind.below(step), entries[index], value, f"{where}.{step}")
        return entries
    if replaces or not isinstance(below, Mapping) or (kind.values is not None and not over):
        return over
    reset = kind.reset_by(over)
    return {
        **{key: value for key, value in below.items() if key != reset},
        **{key: _merged(kind.below(key), below.get(key), value, f"{where}.{key}") for key, value in over.items()},
    }


def _index(entries: list[Any], step: str, where: str) -> int:
    if not step.isdecimal() or step != str(int(step)) or int(step) >= len(entries):
        expected = f"an index from 0 to {len(entries) - 1}" if entries else "no index, since the list is empty"
        raise RequestError(where, expected=expected, received=f"{step!r}")
    return int(step)


def _members(annotation: Any) -> Iterator[Any]:
    """Yield the members of a union."""
    if get_origin(annotation) is Annotated:
        yield from _members(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, UnionType):
        for member in get_args(annotation):
            yield from _members(member)
    else:
        yield annotation


def _plain(value: Any) -> Any:
    """Return a default as a recipe would write it."""
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return (
        value.model_dump(mode="json", exclude_defaults=isinstance(value, Table))
        if isinstance(value, Spec | Table)
        else value
    )
