"""What programs write for the documentation: its tables, each between its markers, and the small files behind them."""

import json
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from kerasae.files.writing import write_text

MARKED = re.compile(r"(<!-- table: (\S+) -->\n).*?(<!-- end -->)", flags=re.DOTALL)


def filled(text: str, table: Callable[[str], str]) -> str:
    """Return the page with every table between its markers anew; `table` is given the name in the marker."""
    return MARKED.sub(lambda found: found[1] + table(found[2]) + found[3], text)


def fill(page: Path, table: Callable[[str], str]) -> None:
    """Write every table of a page anew; a page that has them already is left alone."""
    text = page.read_text(encoding="utf-8")
    new = filled(text, table)
    if new != text:
        write_text(page, new)


def lines(cells: list[list[str]]) -> str:
    """Return a Markdown table: the first row is its head."""
    rows = [cells[0], ["---"] * len(cells[0]), *cells[1:]]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def in_lines(fields: Mapping[str, Any]) -> str:
    """Return a JSON object with a line for each field, so that a change of it can be read."""
    return "{\n" + ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in fields.items()) + "\n}\n"


def kept_in(folder: Path) -> list[dict[str, Any]]:
    """Return what the small files of a folder hold, by their names."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]


def command(verb: str, recipe: str, overrides: Iterable[str], *more: str) -> str:
    """Return what is typed for a verb of kerasae, a recipe and its overrides."""
    return shlex.join(["kerasae", verb, recipe, *more, *(word for one in overrides for word in ("--set", one))])
