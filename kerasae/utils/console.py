"""Rich consoles that print text literally: no markup, no emoji, no control characters."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.segment import Segment

LONGEST_VALUE = 200
LONGEST_LINE = 2_000
# Characters that change the direction of text, which would be shown in another order than it is stored.
_REVERSING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_WORD = re.compile(rf"\S{{{LONGEST_VALUE + 1},}}")
_RECEIVED = re.compile(r"(?<=Received: ).*?(?=; |$)")


class PlainConsole(Console):
    """A Rich console that shows control characters, which names and messages from files may hold, as escapes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """Return the text without control characters."""
        return super().render_str(printable(text), **options)

    def render(self, renderable: Any, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render an object; control characters of a `Text` are escaped."""
        if isinstance(renderable, Text) and printable(renderable.plain) != renderable.plain:
            renderable = Text(printable(renderable.plain), style=renderable.style)
        return super().render(renderable, options)


def stderr_console() -> Console:
    """Return a console that prints to standard error."""
    return PlainConsole(stderr=True)


def printable(text: str) -> str:
    """Return text with control characters, except line feed and tab, as escapes such as `\\x1b`."""
    return "".join(
        character.encode("unicode_escape").decode()
        if (unicodedata.category(character) == "Cc" and character not in "\n\t") or character in _REVERSING
        else character
        for character in text
    )


def one_line(message: str) -> str:
    """Return a message on one line, with values cut to `LONGEST_VALUE` characters."""

    def shortened(match: re.Match[str]) -> str:
        return match[0] if len(match[0]) <= LONGEST_VALUE else f"{match[0][:LONGEST_VALUE]}..."

    line = _WORD.sub(shortened, _RECEIVED.sub(shortened, " ".join(message.split())))
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE // 2]} ... {line[-LONGEST_LINE // 2 :]}"
