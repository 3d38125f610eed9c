"""The one exception that means "the request was wrong", so that a verb can tell it from a defect."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class RequestError(ValueError):
    """A user error: the request cannot be carried out, and the message says how to fix it.

    Its message is one line, `WHERE: expected EXPECTED. Received: RECEIVED; FIX`, without the parts that are empty.

    Args:
        where: the option, the recipe's field, the argument or the file that the error is about.
        expected: what it takes, as in "a value in [0, 1]".
        received: what it was given; or, where nothing is `expected`, what is wrong with it, as a sentence.
        fix: what the user can do about it.
    """

    def __init__(self, where: object = "", expected: object = "", received: object = "", fix: object = "") -> None:
        self.where, self.expected, self.received, self.fix = map(str, (where, expected, received, fix))
        super().__init__(self.where, self.expected, self.received, self.fix)  # all, so that it survives pickling

    def __str__(self) -> str:
        middle = f"expected {self.expected}" if self.expected else self.received
        if self.expected and self.received:
            middle += f". Received: {self.received}"
        return (f"{self.where}: " if self.where else "") + middle + (f"; {self.fix}" if self.fix else "")


def in_a_line(error: Exception) -> str:
    """Return an error that nobody expected as its class and the first line of its message."""
    lines = str(error).strip().splitlines() or ["no message"]
    return f"{type(error).__name__}: {lines[0]}"


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `" Did you mean 'x'?"` for the closest of `known`, or an empty string if none is close."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" Did you mean {close[0]!r}?" if close else ""
