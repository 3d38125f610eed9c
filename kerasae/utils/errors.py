"""The one exception that means "the request was wrong", so that a verb can tell it from a defect."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class RequestError(ValueError):
    """What was asked for cannot be done; the message is one line that says what and how to mend it."""


def in_a_line(error: Exception) -> str:
    """Return an error that nobody expected as its class and the first line of its message."""
    lines = str(error).strip().splitlines() or ["no message"]
    return f"{type(error).__name__}: {lines[0]}"


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `" Did you mean 'x'?"` for the closest of `known`, or an empty string if none is close."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" Did you mean {close[0]!r}?" if close else ""
