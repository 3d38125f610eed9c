"""Processes that work for another of kerasae's: they end with it, and their last line says why they failed."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
import traceback
from typing import TYPE_CHECKING, NoReturn

from kerasae.utils.errors import RequestError, in_a_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def serve(work: Callable[[], int]) -> NoReturn:
    """Do a child's work and exit with the code that it returns, or with 1 and the reason in the log's last line.

    The parent holds the child's standard input open while it lives; the child ends with it.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        code = work()
    except RequestError as error:
        sys.exit(str(error))
    except Exception as error:
        traceback.print_exc()
        sys.exit(in_a_line(error))
    sys.exit(code)


def reason(code: int, log: Path) -> str:
    """Say why a child has failed, from its exit code and the log of its own words."""
    if code < 0:
        return f"ended by {signal.Signals(-code).name}; see {log}"
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    said = lines[-1].removeprefix("kerasae: ") if lines else f"exit code {code}"
    return f"{said}; see {log}"


def _end_with_parent() -> None:
    os.read(0, 1)  # not through sys.stdin, whose lock would be held when the interpreter ends
    os._exit(1)
