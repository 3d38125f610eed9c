"""The application that verbs register with, its consoles, and how a verb opens a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from kerasae._version import __version__
from kerasae.recipe.plugins import OPTION, trust_all
from kerasae.utils.console import PlainConsole, stderr_console

app = typer.Typer(
    name="kerasae",
    help="Joint autoencoder-classifiers: from a folder of images to a trained, reported and served model.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
out = PlainConsole()
err = stderr_console()

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


DataOption = Annotated[
    str | None,
    typer.Option("--data", metavar="SOURCE", help="Where the run's images are now, if they were moved."),
]


def hold(context: typer.Context, path: Path, doing: str) -> None:
    """Hold a run for this process until its verb ends, since it writes into the run."""
    from kerasae.runs.run import Run

    context.with_resource(Run.open(path).alone(doing))


def open_run(path: Path, data: str | None = None, *, needs_images: bool = True) -> tuple[Any, Any, Any]:
    """Open a finished run with its trained model (`TrainedModel`) and its images.

    Args:
        path: of the run.
        data: where the images are now, None for where they were.
        needs_images: whether to refuse a run whose images are gone; else there are None, and a line says so.
    """
    from kerasae.runs.run import Run

    run = Run.open(path)
    from kerasae.models import load_trained
    from kerasae.workflows.begin import has_images, reopen

    trained = load_trained(run)
    if not needs_images and data is None and not has_images(run):
        err.print(
            f"The images of {path} are not in {run.recipe.data.source} any more; --data says where they are.",
            soft_wrap=True,
        )
        return run, trained, None
    return run, trained, reopen(run, data)


def is_adversarial(path: Path) -> bool:
    """Tell whether a finished run's model makes images rather than answering for them."""
    from kerasae.runs.run import Run

    return Run.open(path).recipe.model.adversarial is not None


def open_generator(path: Path, data: str | None = None) -> tuple[Any, Any, Any]:
    """Open a finished adversarial run with its model and its images; `data` is where they are now."""
    from kerasae.runs.run import Run

    run = Run.open(path)
    from kerasae.models import load_generator
    from kerasae.workflows.begin import reopen

    return run, load_generator(run), reopen(run, data)
