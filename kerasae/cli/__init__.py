"""The command line: parses, calls a verb and prints its result. TensorFlow is imported inside each command."""

from __future__ import annotations

import io
import sys

from kerasae.cli import many_runs, one_run  # noqa: F401  (they register their verbs)
from kerasae.cli.app import app
from kerasae.cli.errors import INTERRUPTED, one_line


def main(*verb: str) -> None:
    """Run the command line and exit with code 0 for success, 2 for a user error, and 1 for any other error.

    Args:
        verb: words to put before the arguments.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a character that the terminal cannot show must not stop the program
    arguments = [*verb, *sys.argv[1:]]
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    with one_line(debug):
        code = app(arguments or ["--help"], prog_name="kerasae", standalone_mode=False)
        if code == INTERRUPTED:  # Typer catches the exception
            raise KeyboardInterrupt
        raise SystemExit(code)
