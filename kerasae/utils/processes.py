"""Child processes that end with their parent, and whose last line of output says why they failed."""

from __future__ import annotations

import importlib
import io
import os
import signal
import subprocess
import sys
import threading
import traceback
from typing import TYPE_CHECKING, NoReturn

from kerasae.utils.errors import RequestError, in_a_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


class ChildProcess:
    """A function called in a Python process of its own; as a context manager it ends the process on exit.

    Args:
        function: defined at the top level of a module, so that the child can import it. Takes texts; returns the exit
            code, or None for 0.
        arguments: what the function is called with.
        log: file that standard output and standard error are appended to.
        environment: variables to set in addition to those of this process.
    """

    def __init__(
        self,
        function: Callable[..., int | None],
        arguments: Sequence[str],
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.log = log
        call = f"from {__name__} import run_child; run_child({function.__module__!r}, {function.__qualname__!r})"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            # The child ends when its standard input is closed: a parent that is killed leaves none behind.
            self._process = subprocess.Popen(
                [sys.executable, "-c", call, *arguments],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
            )

    def __enter__(self) -> ChildProcess:
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()
        self.close()

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def poll(self) -> int | None:
        """Return the exit code, or None while the process is running."""
        return self._process.poll()

    def wait(self, seconds: float) -> int | None:
        """Wait up to `seconds` for the end; return the exit code, or None if the process is still running."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        """End the process at once, if it is running."""
        self._process.kill()

    def close(self) -> None:
        """Wait for the end of the process and close its standard input."""
        assert self._process.stdin is not None
        self._process.wait()
        self._process.stdin.close()

    def failure(self, code: int) -> str | None:
        """Return why the process failed, from its exit code and its log; None for exit code 0."""
        return reason(code, self.log) if code else None


def run_child(module: str, name: str) -> NoReturn:
    """Call a function of a module with the command line's arguments; what a `ChildProcess` executes.

    The module is imported here, so that an error of its import is reported as one of the call.
    """
    serve(lambda: getattr(importlib.import_module(module), name)(*sys.argv[1:]))


def serve(work: Callable[[], int | None]) -> NoReturn:
    """Do a child's work, and exit with the code it returns, or with 1 and the reason in the last line of the log.

    The parent keeps the child's standard input open; the child ends when it is closed.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        code = work()
    except Exception as error:
        sys.exit(failure_line(error))
    sys.exit(code)


def failure_line(error: Exception) -> str:
    """Return in one line why work failed; print the traceback to standard error unless it is a user error."""
    if isinstance(error, RequestError):
        return str(error)
    traceback.print_exception(error)
    return in_a_line(error)


def reason(code: int, log: Path) -> str:
    """Return why a child failed.

    Args:
        code: its exit code, not 0.
        log: the file of its output, whose last line is the reason unless a signal ended it.
    """
    if code < 0:
        return f"ended by {signal.Signals(-code).name}; see {log}"
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    last_line = lines[-1].removeprefix("kerasae: ") if lines else f"exit code {code}"
    return f"{last_line}; see {log}"


def _end_with_parent() -> None:
    os.read(0, 1)  # not through sys.stdin, whose lock would be held when the interpreter ends
    os._exit(1)
