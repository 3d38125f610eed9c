"""What is wrong becomes one line and an exit code."""

from __future__ import annotations

import contextlib
import errno
import re
import sys
from collections.abc import Iterator
from typing import Any

import typer

from kerasae.cli.app import err
from kerasae.utils.console import one_line as shortened
from kerasae.utils.errors import RequestError, in_a_line

# What the system refuses and the user can mend: no space, no permission, a read-only place.
_REFUSED = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.ENOTDIR)
# How TensorFlow and HDF5 put the same; theirs are no OSErrors.
_REFUSED_WORDS = ("No space left on device", "Permission denied", "Read-only file system")
INTERRUPTED = 130
# The base class of wrong arguments in the click that Typer uses, which may be a copy of its own.
_WrongArguments: Any = typer.BadParameter.__base__


@contextlib.contextmanager
def one_line(debug: bool) -> Iterator[None]:
    """Turn an error into one line and an exit code, or let it through if `debug`."""
    try:
        yield
    except KeyboardInterrupt:
        err.print(
            "kerasae: interrupted; a run goes on with: kerasae train --run DIR --resume, a comparison or a search by "
            "the same words",
            soft_wrap=True,
        )
        raise SystemExit(INTERRUPTED) from None
    except Exception as error:
        if debug:
            raise
        line, code = _explained(error)
        if sys.stdout.isatty():
            print()  # a progress bar may stand on this line
        err.print("kerasae:", shortened(line), soft_wrap=True)
        raise SystemExit(code) from None


def _explained(error: Exception) -> tuple[str, int]:
    """Return what to say about an error, and the exit code: 2 for what the user can mend, 1 for the rest."""
    if isinstance(error, RequestError):
        return str(error), 2
    if isinstance(error, _WrongArguments):
        command = error.ctx.command_path if error.ctx else "kerasae"
        return f"{error.format_message().rstrip('.')}; {_field_hint(error)}see: {command} --help", 2
    if isinstance(error, RecursionError):
        return "expected input that is not nested hundreds of levels deep; simplify the recipe or file", 2
    if isinstance(error, OSError) and error.errno in _REFUSED:
        return f"{error.filename or 'a file'}: {error.strerror}; mend that and try again", 2
    inside = re.search("RequestError: (.+)", str(error))  # what an input pipeline raises, TensorFlow wraps
    if inside:
        return inside[1], 2
    for words in _REFUSED_WORDS:
        if words in str(error):
            return f"{words}; mend that and try again", 2
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":  # TensorFlow's
        return (
            (
                "the memory does not hold what was asked for; try smaller images, such as --set "
                "data.image_shape=[64,64,3], or fewer at a time, such as --set phases.0.batch_size=16"
            ),
            2,
        )
    if type(error).__name__ in ("DivergedError", "ExportError"):
        return str(error), 1
    return f"{in_a_line(error)}; that was not expected, and --debug shows where it came from", 1


def _field_hint(error: Any) -> str:
    """Return how to set the field of a recipe that an unknown option is named for, or nothing if there is none."""
    from kerasae.recipe.overlay import paths_ending_in

    option = getattr(error, "option_name", None)
    paths = paths_ending_in(option.lstrip("-").replace("-", "_")) if option else []
    return f"a field of the recipe is set by --set {paths[0]}=VALUE; " if paths else ""
