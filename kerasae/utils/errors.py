"""`RequestError`, the exception for user errors, and helpers for error messages."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class RequestError(ValueError):
    """A user error: the request cannot be carried out, and the message says how to fix it.

    The message is one line, `WHERE: expected EXPECTED. Received: RECEIVED; FIX`. Empty parts are left out. Code that
    handles the error uses the parts and never parses the message.

    Args:
        where: the option, recipe field, argument or file that the error is about.
        expected: what is accepted, such as "a value in [0, 1]".
        received: what was given; where nothing is `expected`, a sentence that says what is wrong.
        fix: what the user can do about it.
    """

    def __init__(self, where: object = "", expected: object = "", received: object = "", fix: object = "") -> None:
        self.where, self.expected, self.received, self.fix = map(str, (where, expected, received, fix))
        super().__init__(self.where, self.expected, self.received, self.fix)  # all parts, so that pickling keeps them

    def __str__(self) -> str:
        middle = f"expected {self.expected}" if self.expected else self.received
        if self.expected and self.received:
            middle += f". Received: {self.received}"
        return (f"{self.where}: " if self.where else "") + middle + (f"; {self.fix}" if self.fix else "")

    def at(self, where: object) -> RequestError:
        """Return the same error about `where` instead."""
        return RequestError(where, self.expected, self.received, self.fix)

    def within(self, outer: object) -> RequestError:
        """Return the same error with `outer` before its place: `epochs` within `recipe` is at `recipe: epochs`."""
        return self.at(f"{outer}: {self.where}" if self.where else outer)

    def with_fix(self, fix: object) -> RequestError:
        """Return the same error with one more thing that the user can do about it."""
        return RequestError(self.where, self.expected, self.received, f"{self.fix}; {fix}" if self.fix else fix)


def in_a_line(error: Exception) -> str:
    """Return an unexpected error as its class and the first line of its message."""
    lines = str(error).strip().splitlines() or ["no message"]
    return f"{type(error).__name__}: {lines[0]}"


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `" Did you mean 'x'?"` for the closest of `known`, or an empty string if none is close."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" Did you mean {close[0]!r}?" if close else ""
