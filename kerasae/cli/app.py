"""The application that verbs register with, its consoles, and arguments that several verbs have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kerasae._version import __version__
from kerasae.recipe.plugins import OPTION, trust_all
from kerasae.utils import console

app = typer.Typer(
    name="kerasae",
    help="Joint autoencoder-classifiers: from a folder of images to a trained, reported and served model.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
stdout_console = console.PlainConsole()
stderr_console = console.stderr_console()

RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="The directory of a run.")]


def _trust_plugins(trusts: bool) -> bool:
    trust_all(trusts)
    return trusts


TrustPlugins = Annotated[
    bool, typer.Option(OPTION, help="Import the plugins of a run; they are Python files.", callback=_trust_plugins)
]


def _show_version(shows: bool) -> None:
    if shows:
        stdout_console.print(__version__)
        raise typer.Exit


@app.callback()
def _common(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Take the options of every verb; `main` and the callbacks of the options use them."""


DataOption = Annotated[
    str | None,
    typer.Option("--data", metavar="SOURCE", help="Where the run's images are now, if they were moved."),
]


def check_finished(path: Path) -> None:
    """Refuse the path of an unfinished run before TensorFlow is imported, which takes seconds."""
    from kerasae.runs.folder import RunFolder

    RunFolder.open(path)
