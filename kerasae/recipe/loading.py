"""Load a recipe by name or file, with its `extends` and `--set`."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from kerasae.recipe import Recipe, overlay, toml
from kerasae.recipe.validation import to_request_error
from kerasae.utils.errors import RequestError, nearest


@functools.cache
def builtin() -> Mapping[str, Path]:
    """Return the built-in recipes by name: `joint`, and `study-a/baseline` for one in a folder."""
    folder = Path(str(resources.files("kerasae") / "recipes"))
    paths = [*folder.glob("*.toml"), *folder.glob("*/*.toml")]
    names = {path.relative_to(folder).with_suffix("").as_posix(): path for path in paths}
    return MappingProxyType(dict(sorted(names.items(), key=lambda item: ("/" in item[0], item[0]))))


def load(name: str, overrides: Iterable[str] = ()) -> Recipe:
    """Read a recipe by built-in name or by path to a TOML file, with `KEY=VALUE` overrides applied.

    Raises:
        RequestError: the recipe is unknown, is not TOML, has an unknown key, or a value of a wrong type or range.
    """
    tree = _read(_find(name))
    overlay.override(tree, overrides)
    return parse(tree)


def files(name: str) -> list[Path]:
    """Return the file of a recipe, which must load, and the files that it extends."""
    chain = [_find(name)]
    while (parent := _parsed(chain[-1]).get("extends")) is not None:
        chain.append(_parent(chain[-1], parent, ()))
    return chain


def setting(key: str, value: str | None) -> list[str]:
    """Return the override that sets `key` to a text; none if the text is None."""
    return [] if value is None else [f"{key}={toml.inline(value)}"]


def changed(recipe: Recipe, overrides: Iterable[str]) -> Recipe:
    """Return a recipe with `KEY=VALUE` overrides applied; raises as `load` does."""
    tree = recipe.model_dump(mode="json", exclude_none=True)
    overlay.override(tree, overrides)
    return parse(tree)


def parse(tree: Mapping[str, Any]) -> Recipe:
    """Validate a tree of plain values; the RequestError names the first wrong key."""
    try:
        return Recipe.model_validate(tree)
    except ValidationError as error:
        raise to_request_error(error, overlay.fields, elsewhere=overlay.paths_ending_in).within("recipe") from None


def _find(name: str) -> Path:
    known = builtin()
    if name in known:
        return known[name]
    path = Path(name)
    if path.suffix == ".toml" and path.is_file():
        return path
    raise RequestError(
        "recipe",
        expected="a name that `kerasae recipes` lists or the path of a .toml file",
        received=f"{name!r}.{nearest(name, known)}",
    )


def _read(path: Path, below: tuple[Path, ...] = ()) -> dict[str, Any]:
    """Read a TOML file, merged over the recipe that it `extends`."""
    tree = _parsed(path)
    parent = tree.pop("extends", None)
    base: dict[str, Any] = {}
    if parent is not None:
        base = _read(_parent(path, parent, below), (*below, path.resolve()))
        base.pop("reference", None)  # measured with the other recipe
    try:
        return overlay.merge(base, tree)
    except RequestError as error:
        raise error.within(f"recipe {path}") from None


def _parsed(path: Path) -> dict[str, Any]:
    try:
        with path.open(encoding="utf-8") as file:
            return toml.read(file.read(toml.MOST_CHARACTERS + 1))
    except RequestError as error:
        raise error.within(f"recipe {path}") from None
    except ValueError as error:
        raise RequestError(
            f"recipe {path}", expected="TOML", received=f"text that is not valid TOML: {error}"
        ) from None
    except OSError as error:
        raise RequestError(
            f"recipe {path}", expected="a file that can be read", received=f"one that cannot be read: {error.strerror}"
        ) from None


def _parent(path: Path, parent: Any, below: tuple[Path, ...]) -> Path:
    if not isinstance(parent, str):
        raise RequestError(f"recipe {path}: extends", expected="a recipe's name", received=f"{parent!r}")
    other = _find(str(path.parent / parent) if parent.endswith(".toml") else parent)
    if other.resolve() in (*below, path.resolve()):
        raise RequestError(
            f"recipe {path}: extends", expected="a recipe that does not extend this one", received=repr(parent)
        )
    return other
