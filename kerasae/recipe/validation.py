"""Turn pydantic's validation errors into a `RequestError` about the first wrong key."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from kerasae.utils.errors import RequestError, nearest

# Names of union members and validators, which pydantic puts between the keys of an error's location.
_MEMBERS = {"str", "float", "int", "bool", "[key]", "Spec", "PartSpec", "EarlyStopping", "BatchSizes", "Range"}
_WRAPPERS = re.compile(r"[a-z-]+\[.*|constrained-[a-z]+")
_SPECS = ("Spec", "PartSpec")


def to_request_error(
    error: ValidationError,
    keys: Callable[[list[str]], list[str]],
    prefix: str = "",
    elsewhere: Callable[[str], list[str]] = lambda name: [],
) -> RequestError:
    """Return a `RequestError` about the first wrong key; its `where` is the key's dotted path.

    A validator of ours raises a `RequestError` itself, without the path: its parts are kept.

    Args:
        error: what pydantic raised.
        keys: lists the valid keys of the table at a path.
        prefix: the path of the validated table.
        elsewhere: lists the paths of the fields of a name, in all tables.
    """
    details = error.errors(include_url=False)
    first = _steps(details[0]["loc"])
    # Each member of a union reports its own errors: the one that got furthest into the value says most.
    steps = max(
        (location for detail in details if (location := _steps(detail["loc"]))[: len(first)] == first),
        key=len,
    )
    details = [detail for detail in details if _steps(detail["loc"]) == steps]
    path = ".".join([prefix, *steps] if prefix else steps)
    if details[0]["type"] == "extra_forbidden":
        known = keys(steps[:-1])
        same_name = elsewhere(steps[-1])
        hint = f" Did you mean {same_name[0]!r}?" if same_name else nearest(steps[-1], known)
        return RequestError(
            expected=f"one of the keys {', '.join(known)}" if known else "no keys",
            received=f"unknown key {path!r}.{hint}",
        )
    for detail in details:
        raised = detail.get("ctx", {}).get("error")
        if isinstance(raised, RequestError):
            return raised.within(path) if path else raised
    if details[0]["type"] == "missing":
        return RequestError(path, expected="a value, since it has no default", received="nothing")
    expected = " or ".join(map(_expected, details))
    value = details[0]["input"]
    if details[0]["type"] == "string_type" and isinstance(value, int | float):
        expected += f" in quotes, as '{value}'"
    return RequestError(path, expected=expected, received=repr(value))


def _expected(detail: ErrorDetails) -> str:
    """Return what a key accepts, in terms of TOML, from the type and context of pydantic's error."""
    context = detail.get("ctx", {})
    if detail["type"] == "model_type":
        return "a name, or a table with one" if context["class_name"] in _SPECS else "a table"
    if detail["type"] == "string_too_short" and context["min_length"] == 1:
        return "text that is not empty"
    template = _EXPECTED.get(detail["type"])
    if template is None:
        return detail["msg"]
    collection = "table" if context.get("field_type") == "Dictionary" else "list"
    return template.format_map({**_numbers(context), "collection": collection})


_EXPECTED = {
    "bool_type": "a valid boolean",
    "dict_type": "a table",
    "finite_number": "a finite number",
    "float_type": "a valid number",
    "greater_than": "greater than {gt}",
    "greater_than_equal": "greater than or equal to {ge}",
    "int_type": "a valid integer",
    "less_than": "less than {lt}",
    "less_than_equal": "less than or equal to {le}",
    "list_type": "a valid list",
    "literal_error": "{expected}",
    "multiple_of": "a multiple of {multiple_of}",
    "string_too_long": "text of at most {max_length} characters",
    "string_too_short": "text of at least {min_length} characters",
    "string_type": "a valid string",
    "too_long": "a {collection} of at most {max_length}",
    "too_short": "a {collection} of at least {min_length}",
}


def _numbers(context: Mapping[str, Any]) -> dict[str, Any]:
    """Return the context with bounds such as 1.0 as whole numbers."""
    return {
        key: int(value) if isinstance(value, float) and value.is_integer() else value for key, value in context.items()
    }


def _steps(location: tuple[int | str, ...]) -> list[str]:
    return [step for step in map(str, location) if step not in _MEMBERS and not _WRAPPERS.fullmatch(step)]
