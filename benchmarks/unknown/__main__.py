"""Measure how well models tell strangers from what they know, and write the table of docs/unknown.md.

    python -m benchmarks.unknown run [NAME ...] --data FOLDER --photographs FOLDER
    python -m benchmarks.unknown tables

`run` trains each model into runs/unknown/ unless it is there, measures it against its strangers, and keeps a small file
in benchmarks/unknown/results/: what has one is not measured again, a killed training goes on. The model of "cifar10" is
the first seed of the recipe cifar10-best, from runs/studies/ where `python -m benchmarks.studies` has left it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.unknown.cases import Case, cases
from benchmarks.unknown.tables import RESULTS, write_tables
from kerasae.files.reading import read_json
from kerasae.files.writing import write_text
from kerasae.runs.folder import RUNS, RunFolder

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)


@app.command()
def run(
    names: Annotated[list[str] | None, typer.Argument(help="Cases; all if left out.")] = None,
    data: Annotated[Path | None, typer.Option(help="A folder of .npz files.")] = None,
    photographs: Annotated[Path | None, typer.Option(help="A folder of photographs.")] = None,
) -> None:
    """Train, measure and keep."""
    known = {case.name: case for case in cases(data, photographs)}
    unknown = sorted(set(names or ()) - set(known))
    if unknown:
        raise typer.BadParameter(f"expected some of {', '.join(known)}. Received: {', '.join(unknown)}")
    for name in names or known:
        kept = RESULTS / f"{name}.json"
        if not kept.is_file():
            print(f"== {name}", flush=True)
            write_text(kept, json.dumps(_measure(known[name], data), indent=1) + "\n")


@app.command()
def tables() -> None:
    """Write the results into docs/unknown.md."""
    write_tables()


def _measure(case: Case, data: Path | None) -> dict[str, Any]:
    path = RUNS / "unknown" / case.name
    if not case.overrides:
        there = RUNS / "studies" / case.recipe / "seed-0"
        path = there if (there / "model.keras").is_file() else path
    if not (path / "report.html").is_file():
        subprocess.run([sys.executable, "-m", "kerasae", "train", *_words(case, path, data)], check=True)

    from kerasae.models import load_trained
    from kerasae.ood import open_ood_images, write_ood_reports
    from kerasae.training.rejection import with_rejection
    from kerasae.workflows.opening import reopen

    opened = RunFolder.open(path)
    model, collection = load_trained(opened, needs_rejection=False).model, reopen(opened)
    # Fitted as this version does, whatever the run has.
    trained = with_rejection(opened, opened.recipe, model, collection, refuses=True)
    strangers = {name: open_ood_images(words, opened.recipe, collection) for name, words in case.strangers.items()}
    found = write_ood_reports(opened, trained, collection, list(strangers.values()))
    return {
        "recipe": case.recipe,
        "overrides": list(case.overrides),
        "epochs": sum(phase.epochs for phase in opened.recipe.phases),
        "accuracy": read_json(opened.metrics)["test"].get("label", {}).get("accuracy"),
        "strangers": {name: measured(found[one.name].to_json()) for name, one in strangers.items()},
    }


def measured(found: dict[str, Any]) -> dict[str, Any]:
    """Return what was found of strangers, without the path they lie at on this machine."""
    return {key: value for key, value in found.items() if key != "asked"}


def _words(case: Case, path: Path, data: Path | None) -> list[str]:
    if (path / "recipe.json").is_file():
        return ["--run", str(path), "--resume"]
    source = case.data if data is None or Path(case.data).is_dir() else str(data / f"{case.data}.npz")
    sets = [word for override in case.overrides for word in ("--set", override)]
    return [case.recipe, "--data", source, "--run", str(path), *sets]


if __name__ == "__main__":
    app()
