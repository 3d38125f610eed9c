"""The application that verbs register with, its consoles, and how a verb opens a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from kerasae._version import __version__
from kerasae.console import PlainConsole, told
from kerasae.plugins import OPTION, trust_all

app = typer.Typer(
    name="kerasae",
    help="Joint autoencoder-classifiers: from a folder of pictures to a trained, reported and served model.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
out = PlainConsole()
err = told()

RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="The directory of a run.")]


def _trust_plugins(everything: bool) -> bool:
    trust_all(everything)
    return everything


TrustPlugins = Annotated[
    bool, typer.Option(OPTION, help="Import a run's plugins, Python files that run as you.", callback=_trust_plugins)
]


def _show_version(asked: bool) -> None:
    if asked:
        out.print(__version__)
        raise typer.Exit


@app.callback()
def _common(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Take the options that every verb has; `main` acts on them."""


def open_run(path: Path) -> tuple[Any, Any, Any]:
    """Open a finished run with its model and its pictures."""
    from kerasae.runs import Run

    run = Run.open(path)
    from kerasae.models import load_trained
    from kerasae.preparation import reopen

    return run, load_trained(run), reopen(run)


def is_adversarial(path: Path) -> bool:
    """Tell whether a finished run's model makes pictures rather than answering for them."""
    from kerasae.runs import Run

    return Run.open(path).recipe.model.adversarial is not None


def open_generator(path: Path) -> tuple[Any, Any, Any]:
    """Open a finished adversarial run with its model and its pictures."""
    from kerasae.runs import Run

    run = Run.open(path)
    from kerasae.models import load_generator
    from kerasae.preparation import reopen

    return run, load_generator(run), reopen(run)
