"""The command line: parse, dispatch, and turn what is wrong into one line. Heavy imports stay inside each command."""

from __future__ import annotations

import contextlib
import errno
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from kerasae.errors import RequestError
from kerasae.quiet import load_tensorflow

app = typer.Typer(
    name="kerasae",
    help="Joint autoencoder-classifiers: from a folder of pictures to a trained, reported and served model.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
# Names of files and classes are printed as they are: brackets are no markup in them, and :cat: is no emoji.
out = Console(highlight=False, markup=False, emoji=False)
err = Console(stderr=True, highlight=False, markup=False, emoji=False)

# What the system refuses and the user can mend: no space, no permission, a read-only place.
_REFUSED = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.ENOTDIR)
# How TensorFlow and HDF5 put the same; theirs are no OSErrors.
_REFUSED_WORDS = ("No space left on device", "Permission denied", "Read-only file system")
_INTERRUPTED = 130
# The base class of wrong arguments in the click that Typer uses, which may be a copy of its own.
_WrongArguments: Any = typer.BadParameter.__base__

RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="The directory of a run.")]


def main(*verb: str) -> None:
    """Run the command line, with `verb` put before the arguments, and exit: 0 done, 2 wrong request, 1 the rest."""
    arguments = [*verb, *sys.argv[1:]]
    debug = "--debug" in arguments
    words = [argument for argument in arguments if argument != "--debug"]
    with _one_line(debug):
        code = app(words or ["--help"], prog_name="kerasae", standalone_mode=False)
        if code == _INTERRUPTED:  # Typer keeps the exception to itself
            raise KeyboardInterrupt
        raise SystemExit(code)


@app.callback()
def _common(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Take the options that every verb has; `main` acts on them."""


@app.command()
def train(
    recipe: Annotated[
        str | None,
        typer.Argument(metavar="[RECIPE]", help="A recipe's name (see: kerasae recipes) or a TOML file."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(metavar="SOURCE", help="digits, cifar10, mnist, fashion_mnist, a folder, an .npz or a .csv."),
    ] = None,
    run: Annotated[Path | None, typer.Option(metavar="DIR", help="Where to keep the run; else a new name.")] = None,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Set any field, as in phases.0.epochs=5.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")] = False,
) -> None:
    """Train a recipe, then evaluate, report and export it.

    Without a recipe: `digits-joint` on the digits, or `joint` on the data that you name.
    """
    if resume and (run is None or recipe is not None or data is not None or overrides):
        raise RequestError("--resume: expected --run DIR and nothing else, since a run keeps its own recipe")
    load_tensorflow()
    from kerasae import train as verb

    if resume and run is not None:
        made, _ = verb.resume(run)
    else:
        name = recipe or ("digits-joint" if data is None else "joint")
        made, _ = verb.train(name, data=data, run=run, overrides=overrides or [])
    out.print(_summary(made))


@app.command()
def evaluate(run: RunArgument) -> None:
    """Measure a run on its test pictures again, and write its report anew."""
    load_tensorflow()
    from kerasae.evaluate import evaluate as measure
    from kerasae.report import write_report

    opened, model, collection = _open(run)
    measure(opened, model, collection)
    write_report(opened, model, collection)
    out.print(_summary(opened))


@app.command()
def report(run: RunArgument) -> None:
    """Draw a run's figures and report again."""
    load_tensorflow()
    from kerasae.report import write_report

    opened, model, collection = _open(run)
    out.print(str(write_report(opened, model, collection)), soft_wrap=True)


@app.command()
def export(
    run: RunArgument,
    to: Annotated[Path | None, typer.Option(metavar="DIR", help="Where to write it; RUN/export if left out.")] = None,
) -> None:
    """Write a run's SavedModel and check it in a fresh process."""
    load_tensorflow()
    from kerasae.export import export as write

    if to is not None and to.exists():
        raise RequestError(f"--to: {to} exists already; give another name")
    opened, model, collection = _open(run)
    out.print(str(write(opened, model, collection, to)), soft_wrap=True)


@app.command()
def predict(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A run's directory or an exported SavedModel.")],
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Pictures, or folders of them.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Name what pictures show, and how well the model rebuilds them."""
    import dataclasses

    load_tensorflow()
    from kerasae.predict import predict as answer

    answers = answer(model, images)
    if as_json:
        print(json.dumps([dataclasses.asdict(one) for one in answers], indent=2))
        return
    # A path is broken rather than cut: its end is what tells pictures apart.
    table = Table(Column("image", overflow="fold"), "label", "probability", "top 3", "reconstruction error")
    for one in answers:
        table.add_row(
            one.image,
            one.label or "-",
            "-" if one.probability is None else f"{one.probability:.3f}",
            ", ".join(f"{name} {probability:.3f}" for name, probability in one.top) or "-",
            "-" if one.reconstruction_error is None else f"{one.reconstruction_error:.5f}",
        )
    out.print(table)


@app.command()
def compare(
    recipes: Annotated[
        list[str],
        typer.Argument(metavar="RECIPE...", help="Recipes' names, TOML files, or runs; the first is the baseline."),
    ],
    seeds: Annotated[int | None, typer.Option(metavar="N", help="Runs of each recipe; 3, or 1 with folds.")] = None,
    folds: Annotated[
        int | None, typer.Option(metavar="K", help="Cross-validate over K folds of the training set.")
    ] = None,
    data: Annotated[str | None, typer.Option(metavar="SOURCE", help="The same data for all recipes.")] = None,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Set any field in every recipe.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where to keep it; comparisons/NAME if left out.")
    ] = None,
) -> None:
    """Train recipes side by side, over seeds or folds, with tables, paired tests and one page.

    The same command again goes on where it was, and uses finished runs again.
    """
    load_tensorflow()
    from kerasae.compare import compare as verb

    made = verb(recipes, seeds=seeds, folds=folds, data=data, overrides=overrides or [], to=to)
    out.print(_comparison(made))
    out.print(str(made.folder / "comparison.html"), soft_wrap=True)
    if made.num_failed:
        raise typer.Exit(1)


@app.command()
def recipes() -> None:
    """List the recipes that come with kerasae."""
    from kerasae.recipe_file import builtin, load
    from kerasae.results import cost, in_words, results, usual

    table = Table("recipe, what it trains, what came of it", Column("data", no_wrap=True), Column("cost", no_wrap=True))
    group = ""
    for name in builtin():
        if name.rpartition("/")[0] != group:
            group = name.rpartition("/")[0]
            table.add_section()
        recipe, found = load(name), usual(results(name))
        lines = [Text(name, "bold"), Text(recipe.title), *map(Text, filter(None, [in_words(found)]))]
        table.add_row(Text("\n").join(lines), recipe.data.source, cost(found))
    out.print(table)
    out.print("cost: one run's training on the machine of docs/results.md, 2 CPU cores")


def _open(path: Path) -> tuple[Any, Any, Any]:
    """Open a finished run with its model and its pictures."""
    from kerasae.runs import Run

    run = Run.open(path)
    from kerasae.models import load_trained
    from kerasae.train import reopen

    return run, load_trained(run), reopen(run)


def _comparison(made: Any) -> Table:
    """Return the short table that a comparison ends with."""
    from kerasae.comparison.measures import BY_KEY
    from kerasae.comparison.tables import runs_in_words, spread, unit

    keys = [
        key for key in ("accuracy", "macro_f1", "mse") if any(key in one["measures"] for one in made.found["recipes"])
    ]
    title = f"{made.found['measured_on']} pictures, {unit(made.found)}"
    table = Table("recipe", "runs", *(BY_KEY[key].title for key in keys), title=title, title_justify="left")
    for one in made.found["recipes"]:
        cells = [spread(BY_KEY[key], one["measures"][key]) if key in one["measures"] else "-" for key in keys]
        table.add_row(one["name"], runs_in_words(one), *cells)
    return table


def _summary(run: Any) -> Table:
    """Return the short table that a run ends with."""
    from kerasae.runs import read_json

    metrics = read_json(run.metrics)
    test, linear = metrics["test"], metrics.get("baseline", {}).get("linear")
    table = Table(title=f"{run.path}: {test['num_pictures']:,} test pictures", show_header=False, title_justify="left")
    if "label" in test:
        table.add_row("accuracy", f"{test['label']['accuracy']:.4f}")
        table.add_row("macro-F1", f"{test['label']['macro_f1']:.4f}")
    if linear:
        table.add_row("linear baseline", f"accuracy {linear['accuracy']:.4f}, macro-F1 {linear['macro_f1']:.4f}")
    if "reconstruction" in test:
        table.add_row("reconstruction MSE", f"{test['reconstruction']['mse']:.5f}")
    for name, measured in metrics.get("variants", {}).items():
        words = [f"accuracy {measured['label']['accuracy']:.4f}"] if "label" in measured else []
        words += [f"MSE {measured['reconstruction']['mse']:.5f}"] if "reconstruction" in measured else []
        table.add_row(f"on {name}", ", ".join(words))
    table.add_row("report", str(run.report))
    table.add_row("export", str(run.export))
    return table


@contextlib.contextmanager
def _one_line(debug: bool) -> Iterator[None]:
    """Turn an error into one line and an exit code, or let it through if `debug`."""
    try:
        yield
    except KeyboardInterrupt:
        err.print(
            "kerasae: interrupted; a run goes on with: kerasae train --run DIR --resume, a comparison by the same words"
        )
        raise SystemExit(_INTERRUPTED) from None
    except Exception as error:
        if debug:
            raise
        line, code = _explained(error)
        if sys.stdout.isatty():
            print()  # a progress bar may stand on this line
        err.print("kerasae:", " ".join(line.split()), soft_wrap=True)
        raise SystemExit(code) from None


def _explained(error: Exception) -> tuple[str, int]:
    """Return what to say about an error, and the exit code: 2 for what the user can mend, 1 for the rest."""
    if isinstance(error, RequestError):
        return str(error), 2
    if isinstance(error, _WrongArguments):
        command = error.ctx.command_path if error.ctx else "kerasae"
        return f"{error.format_message().rstrip('.')}; see: {command} --help", 2
    if isinstance(error, OSError) and error.errno in _REFUSED:
        return f"{error.filename or 'a file'}: {error.strerror}; mend that and try again", 2
    inside = re.search("RequestError: (.+)", str(error))  # what an input pipeline raises, TensorFlow wraps
    if inside:
        return inside[1], 2
    for words in _REFUSED_WORDS:
        if words in str(error):
            return f"{words}; mend that and try again", 2
    if type(error).__name__ in ("DivergedError", "ExportError"):
        return str(error), 1
    reason = str(error).strip().splitlines() or ["no message"]
    return f"{type(error).__name__}: {reason[0]}; that was not expected, and --debug shows where it came from", 1
