"""Consoles show text as it is, and nothing in it steers the terminal."""

import io

import pytest
from rich.table import Column, Table
from rich.text import Text

from kerasae.utils.console import LONGEST_LINE, PlainConsole, one_line, printable

HOSTILE = "cat\x1b[2J\x1b]0;title [bold] :cat: \u202edog\x9b1m"
SHOWN = "cat\\x1b[2J\\x1b]0;title [bold] :cat: \\u202edog\\x9b1m"


@pytest.mark.parametrize("renderable", [HOSTILE, Text(HOSTILE), Text.assemble("name ", (HOSTILE, "bold"))])
def test_control_characters_are_shown_as_escapes(renderable: str | Text) -> None:
    console = PlainConsole(file=io.StringIO(), width=200)
    console.print(renderable, soft_wrap=True)
    assert SHOWN in console.file.getvalue()
    assert printable(console.file.getvalue()) == console.file.getvalue()


def test_tables_show_control_characters_as_escapes() -> None:
    console = PlainConsole(file=io.StringIO(), width=200)
    table = Table(Column(HOSTILE), title=HOSTILE, caption=HOSTILE)
    table.add_row(HOSTILE)
    console.print(table)
    assert console.file.getvalue().count(SHOWN) == 4
    assert printable(console.file.getvalue()) == console.file.getvalue()


def test_styles_still_reach_a_terminal() -> None:
    console = PlainConsole(file=io.StringIO(), force_terminal=True, width=80)
    console.print(Text("red", style="red"))
    assert "\x1b[31mred" in console.file.getvalue()


def test_other_scripts_and_line_feeds_stay() -> None:
    assert printable("Café\tπ\n猫 🐈") == "Café\tπ\n猫 🐈"


def test_a_line_is_short() -> None:
    assert one_line("data: expected\n  numbers. Received: " + "1, " * 500 + "2; use others").endswith("...; use others")
    assert len(one_line("a b " * 5_000)) < LONGEST_LINE + 10
    assert one_line("short. Received: 'x'; do this") == "short. Received: 'x'; do this"
