"""The command line: parse, dispatch, and turn what is wrong into one line. Heavy imports stay inside each command."""

from __future__ import annotations

import io
import sys

from kerasae.cli import many_runs, one_run  # noqa: F401  (their verbs register themselves)
from kerasae.cli.app import app
from kerasae.cli.errors import INTERRUPTED, one_line


def main(*verb: str) -> None:
    """Run the command line, with `verb` put before the arguments, and exit: 0 done, 2 wrong request, 1 the rest."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # what a terminal cannot show is no reason to stop
    arguments = [*verb, *sys.argv[1:]]
    debug = "--debug" in arguments
    words = [argument for argument in arguments if argument != "--debug"]
    with one_line(debug):
        code = app(words or ["--help"], prog_name="kerasae", standalone_mode=False)
        if code == INTERRUPTED:  # Typer keeps the exception to itself
            raise KeyboardInterrupt
        raise SystemExit(code)
