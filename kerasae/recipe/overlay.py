"""One tree of plain values laid over another: a file over what it extends, `--set` over a file.

What a table, a list, a mapping or a name with options is, the annotations of the recipe's fields say.
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
    """What may stand at a place of the tree.

    Attributes:
        table: the class of a table's fields.
        is_named: whether it is a name with options.
        entries: of the entries of a list.
        values: of the values of a mapping, whose keys are free.
        is_optional: whether "none" takes it back.
        default: the plain value where a recipe leaves it out.
    """

    table: type[Table] | None = None
    is_named: bool = False
    entries: Any = None
    values: Any = None
    is_optional: bool = False
    default: Any = None

    @classmethod
    def of(cls, annotation: Any, default: Any = None) -> Kind:
        """Read an annotation."""
        members = list(_members(annotation))
        classes = [one for one in members if isinstance(one, type)]
        return cls(
            table=next((one for one in classes if issubclass(one, Table)), None),
            is_named=any(issubclass(one, Spec) or (issubclass(one, Table) and one.is_named) for one in classes),
            entries=next((get_args(one)[0] for one in members if get_origin(one) is list), None),
            values=next((get_args(one)[1] for one in members if get_origin(one) is dict), None),
            is_optional=NoneType in members,
            default=default,
        )

    def below(self, step: str) -> Kind:
        """Return the kind of a field, an entry or a value of this one; of anything, where it has no such field."""
        field: FieldInfo | None = self.table.model_fields.get(step) if self.table is not None else None
        if field is not None:
            return Kind.of(field.annotation, _plain(field.get_default(call_default_factory=True)))
        return Kind.of(self.values if self.values is not None else self.entries)

    def taken_back(self, keys: Container[str]) -> str:
        """Return the field that fields of this table take back where they are set without it; "" if they do not."""
        pairs = self.table.takes_back.items() if self.table is not None else ()
        return next((other for key, other in pairs if key in keys and other not in keys), "")

    def opened(self, value: Any) -> Any:
        """Return a value as what takes fields, options or entries, where it can be: "vgg" becomes {name = "vgg"}."""
        if value is None or (self.is_optional and value == "none"):
            value = {} if self.default is None else copy.deepcopy(self.default)
        if isinstance(value, str) and self.is_named:
            return {"name": value}
        return {} if self.table is not None and isinstance(value, bool) else value


_ROOT = Kind(table=Recipe)


def fields(path: Iterable[str]) -> list[str]:
    """Return the keys of the table at a path such as ["phases", "0"]; none where its keys are free."""
    kind = _ROOT
    for step in path:
        kind = kind.below(step)
    return list(kind.table.model_fields) if kind.table is not None else []


def paths_ending_in(name: str) -> list[str]:
    """Return the paths of fields, such as `phases.0.epochs`, whose last step is `name`, the shortest first."""
    return sorted(
        (path for path in _paths(_ROOT) if path.rpartition(".")[2] == name), key=lambda path: (path.count("."), path)
    )


def _paths(kind: Kind, prefix: str = "") -> Iterator[str]:
    """List the paths of all fields, lists by their first entry."""
    for field in [] if kind.table is None else kind.table.model_fields:
        inner = kind.below(field)
        yield f"{prefix}{field}"
        yield from _paths(inner, f"{prefix}{field}.")
        yield from _paths(Kind.of(inner.entries), f"{prefix}{field}.0.")


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one tree over another.

    Tables merge; a `Spec` with a name, a range of a search and a list replace. A table of numbers, such as
    `[phases.0]`, merges into those entries of the list below it; an empty mapping empties the one below it.

    Raises:
        RequestError: a number beyond the end of the list.
    """
    return {**base, **{key: _laid(_ROOT.below(key), base.get(key), value, key) for key, value in over.items()}}


def override(tree: dict[str, Any], assignments: Iterable[str]) -> None:
    """Set fields of the tree from `a.b.0.c=VALUE`, in turn; VALUE is TOML, or a string where it is not.

    A field takes another one back (see `Table`) unless that is set too, before or after it.

    Raises:
        RequestError: no `=`, a number beyond the end of a list, or a field of what is no table.
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
    if path[:2] == ["search", "space"]:  # what follows is one name: a field that is searched
        path, last = path[:2], ".".join([*path[2:], last]).strip("\"'")  # quoted as in TOML, or not
    node: Any = tree
    kind = _ROOT
    for count, step in enumerate(path, 1):
        kind = kind.below(step)
        place: Any = _index(node, step, f"--set {key}") if isinstance(node, list) else step
        node[place] = kind.opened(node[place] if isinstance(node, list) else node.get(place))
        node = node[place]
        if not isinstance(node, dict | list):
            where = ".".join(path[:count])
            raise RequestError(f"--set {key}", expected=f"a table at {where!r}", received=f"the value {node!r}")
    if isinstance(node, list):
        node[_index(node, last, f"--set {key}")] = value
    else:
        taken_back = kind.taken_back([last])
        if ".".join([*path, taken_back]) not in keys:
            node.pop(taken_back, None)
        node[last] = value


def _laid(kind: Kind, below: Any, over: Any, where: str) -> Any:
    if not isinstance(over, Mapping):
        return over
    replaces = (kind.is_named and "name" in over) or (kind.table is Range and over.keys() & KINDS)
    below = kind.opened(below)
    if isinstance(below, list) and over and all(step.isdecimal() for step in over):
        entries = list(below)
        for step, value in over.items():
            index = _index(entries, step, f"{where}.{step}")
            entries[index] = _laid(kind.below(step), entries[index], value, f"{where}.{step}")
        return entries
    if replaces or not isinstance(below, Mapping) or (kind.values is not None and not over):
        return over
    taken_back = kind.taken_back(over)
    return {
        **{key: value for key, value in below.items() if key != taken_back},
        **{key: _laid(kind.below(key), below.get(key), value, f"{where}.{key}") for key, value in over.items()},
    }


def _index(entries: list[Any], step: str, where: str) -> int:
    if not step.isdecimal() or step != str(int(step)) or int(step) >= len(entries):
        expected = f"an index from 0 to {len(entries) - 1}" if entries else "no index, since the list is empty"
        raise RequestError(where, expected=expected, received=f"{step!r}")
    return int(step)


def _members(annotation: Any) -> Iterator[Any]:
    """List what a union may be."""
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
        return [_plain(one) for one in value]
    return (
        value.model_dump(mode="json", exclude_defaults=isinstance(value, Table))
        if isinstance(value, Spec | Table)
        else value
    )
