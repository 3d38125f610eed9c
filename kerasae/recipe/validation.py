"""From pydantic's findings to one line: the key, what was expected, what was received."""

from __future__ import annotations

import re
from collections.abc import Callable

from pydantic import ValidationError

from kerasae.utils.errors import nearest

# Pydantic's own words for the members of a union and for validators, which stand in a location among the keys.
_MEMBERS = {"str", "float", "int", "bool", "[key]", "Spec", "PartSpec", "EarlyStopping", "BatchSizes", "Range"}
# What pydantic says of Python's types, in words for somebody who writes TOML.
_WORDS = (
    (r"a valid dictionary or instance of (Part)?Spec", "a name, or a table with one"),
    (r"a valid dictionary( or instance of \w+)?", "a table"),
    (r"List should have (at least|at most) (\d+) items? after validation, not \d+", r"a list of \1 \2"),
    (r"String should have at least 1 character", "text that is not empty"),
    (r"String should have (at least|at most) (\d+) characters?", r"text of \1 \2 characters"),
)
_WRAPPERS = re.compile(r"[a-z-]+\[.*|constrained-[a-z]+")


def explain(
    error: ValidationError,
    keys: Callable[[list[str]], list[str]],
    prefix: str = "",
    elsewhere: Callable[[str], list[str]] = lambda name: [],
) -> str:
    """Return one line on the first wrong key.

    Args:
        error: what pydantic found.
        keys: lists the valid keys of the table at a path.
        prefix: the path of what was validated.
        elsewhere: lists the paths of fields of a name in all tables.
    """
    findings = error.errors(include_url=False)
    first = _steps(findings[0]["loc"])
    # Each member of a union reports on its own: the one that got furthest into the value says most.
    steps = max((_steps(one["loc"]) for one in findings if _steps(one["loc"])[: len(first)] == first), key=len)
    findings = [finding for finding in findings if _steps(finding["loc"]) == steps]
    where = ".".join([prefix, *steps] if prefix else steps)
    if findings[0]["type"] == "extra_forbidden":
        known = keys(steps[:-1])
        same_name = elsewhere(steps[-1])
        hint = f" Did you mean {same_name[0]!r}?" if same_name else nearest(steps[-1], known)
        return f"unknown key {where!r}; expected one of {', '.join(known) or 'none'}.{hint}"
    messages = [finding["msg"].removeprefix("Value error, ") for finding in findings]
    for found, words in _WORDS:
        messages = [re.sub(found, words, message) for message in messages]
    if own := [message for message in messages if "Received:" in message]:  # a validator's whole sentence
        return f"{where}: {own[0]}" if where else own[0]
    if findings[0]["type"] == "missing":
        return f"{where}: expected a value, since it has no default. Received: nothing"
    expected = " or ".join(message.removeprefix("Input should be ") for message in messages)
    received = findings[0]["input"]
    if findings[0]["type"] == "string_type" and isinstance(received, int | float):
        expected += f" in quotes, as '{received}'"
    return f"{where}: expected {expected[0].lower()}{expected[1:]}. Received: {received!r}"


def _steps(location: tuple[int | str, ...]) -> list[str]:
    return [step for step in map(str, location) if step not in _MEMBERS and not _WRAPPERS.fullmatch(step)]
