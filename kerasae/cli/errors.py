"""Errors of the command line: one line and an exit code."""

from __future__ import annotations

import contextlib
import errno
import re
import sys
from collections.abc import Iterator
from typing import Any

import typer

from kerasae.cli.app import stderr_console
from kerasae.utils.console import one_line as shortened
from kerasae.utils.errors import RequestError, in_a_line

# Errors of the system that the user can fix: no space, no permission, a read-only file system.
_SYSTEM_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.ENOTDIR)
# The same as TensorFlow and HDF5 report them, not as an OSError.
_SYSTEM_MESSAGES = ("No space left on device", "Permission denied", "Read-only file system")
INTERRUPTED = 130
# The base class of wrong arguments in the click that Typer uses, which may be Typer's own copy.
_WrongArguments: Any = typer.BadParameter.__base__


@contextlib.contextmanager
def one_line(debug: bool) -> Iterator[None]:
    """Print an error in one line and exit, or raise it if `debug`."""
    try:
        yield
    except KeyboardInterrupt:
        stderr_console.print(
            "kerasae: interrupted; resume a run with: kerasae train --run DIR --resume, a comparison or a search with "
            "the same command",
            soft_wrap=True,
        )
        raise SystemExit(INTERRUPTED) from None
    except Exception as error:
        if debug:
            raise
        line, code = _explained(error)
        if sys.stdout.isatty():
            print()  # a progress bar may stand on this line
        stderr_console.print("kerasae:", shortened(line), soft_wrap=True)
        raise SystemExit(code) from None


def _explained(error: Exception) -> tuple[str, int]:
    """Return the message of an error and the exit code: 2 if the user can fix it, otherwise 1."""
    if isinstance(error, RequestError):
        return str(error), 2
    if isinstance(error, _WrongArguments):
        command = error.ctx.command_path if error.ctx else "kerasae"
        return f"{error.format_message().rstrip('.')}; {_field_hint(error)}see: {command} --help", 2
    if isinstance(error, RecursionError):
        return "expected input that is not nested hundreds of levels deep; simplify the recipe or file", 2
    if isinstance(error, OSError) and error.errno in _SYSTEM_ERRORS:
        return f"{error.filename or 'a file'}: {error.strerror}; fix this and try again", 2
    wrapped = re.search("RequestError: (.+)", str(error))  # TensorFlow wraps errors of an input pipeline
    if wrapped:
        return wrapped[1], 2
    for message in _SYSTEM_MESSAGES:
        if message in str(error):
            return f"{message}; fix this and try again", 2
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":  # TensorFlow's
        advice = (
            "try smaller images, such as --set data.image_shape=[64,64,3], or smaller batches, such as --set "
            "phases.0.batch_size=16"
        )
        return f"out of memory; {advice}", 2
    if type(error).__name__ in ("DivergedError", "ExportError"):
        return str(error), 1
    return f"{in_a_line(error)}; this is unexpected; --debug shows the traceback", 1


def _field_hint(error: Any) -> str:
    """Return how to set the recipe field with the name of an unknown option, or nothing if there is none."""
    from kerasae.recipe.overlay import paths_ending_in

    option = getattr(error, "option_name", None)
    paths = paths_ending_in(option.lstrip("-").replace("-", "_")) if option else []
    return f"a field of the recipe is set by --set {paths[0]}=VALUE; " if paths else ""
