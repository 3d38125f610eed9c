"""One tree of plain values laid over another: a file over what it extends, `--set` over a file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from kerasae.errors import RequestError
from kerasae.recipe.search import KINDS

# The fields that are a name with options, and the name where a recipe leaves the field out.
_NAMED = {
    "encoder": "baseline",
    "decoder": "",
    "classifier": "",
    "generator": "dense",
    "discriminator": "dense",
    "optimizer": "adam",
    "schedule": "constant",
    "mix": "",
}


def merge(base: Mapping[str, Any], over: Mapping[str, Any], where: str = "") -> dict[str, Any]:
    """Lay one tree over another.

    Plain tables merge; a `Spec` with a name, a range and a list replace. A table of numbers, such as `[phases.0]`,
    merges into those entries of the list below it.

    Raises:
        RequestError: a number beyond the end of the list.
    """
    merged = dict(base)
    for key, value in over.items():
        below = _with_options(key, merged.get(key))
        if not isinstance(value, Mapping):
            merged[key] = value
        elif isinstance(below, list) and value and all(step.isdecimal() for step in value):
            merged[key] = _merge_entries(below, value, f"{where}{key}")
        elif isinstance(below, Mapping) and not value.keys() & {"name", *KINDS}:
            merged[key] = merge(below, value, f"{where}{key}.")
        else:
            merged[key] = value
    return merged


def override(tree: dict[str, Any], assignment: str) -> None:
    """Set one field of the tree from `a.b.0.c=VALUE`; VALUE is TOML, or a string where it is not.

    Raises:
        RequestError: no `=`, a number beyond the end of a list, or a field of what is no table.
    """
    key, equals, text = assignment.partition("=")
    if not equals or not key.strip():
        raise RequestError(f"--set: expected KEY=VALUE, such as phases.0.epochs=5. Received: {assignment!r}")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    *path, last = key.strip().split(".")
    if path[:2] == ["search", "space"]:  # what follows is one name: a field that is searched
        path, last = path[:2], ".".join([*path[2:], last]).strip("\"'")  # quoted as in TOML, or not
    node: Any = tree
    for count, step in enumerate(path, 1):
        node = _descend(node, step, key)
        if not isinstance(node, dict | list):
            where = ".".join(path[:count])
            raise RequestError(f"--set {key}: expected a table at {where!r}. Received: the value {node!r}")
    if isinstance(node, list):
        node[_index(node, last, f"--set {key}")] = value
    else:
        node[last] = value


def _merge_entries(entries: list[Any], over: Mapping[str, Any], where: str) -> list[Any]:
    merged = list(entries)
    for step, value in over.items():
        index = _index(merged, step, f"{where}.{step}")
        below = _entry_with_options(merged[index])
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        merged[index] = merge(below, value, f"{where}.{step}.") if both else value
    return merged


def _descend(node: Any, step: str, key: str) -> Any:
    if isinstance(node, list):
        index = _index(node, step, f"--set {key}")
        node[index] = _entry_with_options(node[index])
        return node[index]
    node[step] = _with_options(step, node.get(step, {"name": _NAMED[step]} if _NAMED.get(step) else {}))
    return node[step]


def _index(entries: list[Any], step: str, where: str) -> int:
    if not step.isdecimal() or int(step) >= len(entries):
        expected = f"an index from 0 to {len(entries) - 1}" if entries else "no index, since the list is empty"
        raise RequestError(f"{where}: expected {expected}. Received: {step!r}")
    return int(step)


def _with_options(key: str, value: Any) -> Any:
    """Make a table of a bare name, so that it can take options."""
    return {"name": value} if key in _NAMED and isinstance(value, str) else value


def _entry_with_options(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value
