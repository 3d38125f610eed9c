"""Measure the recipes that come with kerasae, and write what was measured into the recipes and docs/results.md.

    python -m benchmarks.studies run study-e/mnist study-e/fashion --seeds 5 --data FOLDER
    python -m benchmarks.studies search study-d/search --data FOLDER
    python -m benchmarks.studies latents RUN study-c/fine-tune --set phases.0.epochs=40
    python -m benchmarks.studies tables
    python -m benchmarks.studies figures

`run` trains each recipe with each seed, one process a run, into runs/studies/, and keeps a small file a run in
kerasae/recipes/results/: a run that has one is not trained again, a killed one goes on. `search` does the same for a
search of a study, into tuner_runs/, and keeps its file in benchmarks/studies/found/. `latents` takes what
`kerasae explore RUN` found into a small file in benchmarks/studies/explored/. FOLDER holds cifar10.npz,
fashion_mnist.npz and mnist.npz; without it, Keras downloads them.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.pages import in_lines
from benchmarks.studies import searches, spaces
from benchmarks.studies.figures import write_figures
from benchmarks.studies.measured import measured
from benchmarks.studies.tables import write_tables
from benchmarks.trained import alike, opened
from kerasae.files.writing import write_text
from kerasae.recipe.loading import builtin, load
from kerasae.recipe.results import experiment, folder, read, results
from kerasae.runs.folder import RUNS, RunFolder

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)


@app.command()
def run(
    recipes: Annotated[list[str], typer.Argument(help="Names of built-in recipes.")],
    seeds: Annotated[str, typer.Option(help="How many seeds from 0, or a list such as 0,3.")] = "1",
    data: Annotated[Path | None, typer.Option(help="A folder of .npz files.")] = None,
    overrides: Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE, such as fewer epochs.")] = None,
) -> None:
    """Train recipes and keep their results."""
    unknown = sorted(set(recipes) - set(builtin()))
    if unknown:
        raise typer.BadParameter(f"expected built-in recipes. Received: {', '.join(unknown)}")
    numbers = [int(seed) for seed in seeds.split(",")] if "," in seeds else list(range(int(seeds)))
    failed = []
    for name in recipes:
        for seed in numbers:
            if not _measure(name, seed, data, overrides or []):
                failed.append(f"{name}, seed {seed}")
    if failed:
        raise SystemExit(f"not measured: {'; '.join(failed)}")


@app.command()
def search(
    recipe: Annotated[str, typer.Argument(help="A built-in recipe with a search.")],
    data: Annotated[Path | None, typer.Option(help="A folder of .npz files.")] = None,
    overrides: Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE, such as fewer epochs.")] = None,
) -> None:
    """Run a search and keep what it found."""
    print(searches.measure(recipe, data, overrides or []))


@app.command()
def latents(
    run: Annotated[Path, typer.Argument(help="A run whose test images were explored.")],
    recipe: Annotated[str, typer.Argument(help="The built-in recipe that it was trained with.")],
    overrides: Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE, as it was trained with.")] = None,
) -> None:
    """Keep how far apart the latents of a run hold the classes."""
    print(spaces.keep(opened(run, recipe, overrides or []), recipe, overrides or []))


@app.command()
def tables() -> None:
    """Write the results into the headers of the recipes and the tables of docs/results.md."""
    write_tables()


@app.command()
def figures() -> None:
    """Draw the figures of docs/results.md."""
    for path in write_figures():
        print(path)


def _measure(name: str, seed: int, data: Path | None, overrides: list[str]) -> bool:
    """Train and keep one run unless that is done already; return whether there is a result."""
    # A value may be a path, such as that of the run to start from; the name of a file holds none.
    variant = "".join(f"+{override}" for override in overrides).replace("/", "_")
    kept = folder() / name / f"seed-{seed}{variant}.json"
    if kept.is_file() and read(kept).settings == experiment(load(name, overrides)):
        return True
    path = RUNS / "studies" / f"{name}{variant}" / f"seed-{seed}"
    command = [sys.executable, "-m", "kerasae", "train"]
    if (path / "recipe.json").is_file() and not alike(RunFolder(path).recipe, load(name, overrides)):
        print(f"== {name}, seed {seed}: {path} was made with another recipe; remove it to train anew", flush=True)
        return False
    if (path / "recipe.json").is_file():
        command += ["--run", str(path), "--resume"]
    else:
        source = load(name, overrides).data.source
        command += [name, "--run", str(path), "--set", f"seed={seed}"]
        command += ["--data", str(data / f"{source}.npz")] if data is not None else []
        command += [word for override in overrides for word in ("--set", override)]
    print(f"== {name}, seed {seed}", flush=True)
    if subprocess.run(command, check=False).returncode:
        return False
    write_text(kept, in_lines(measured(RunFolder.open(path), name, seed, overrides).model_dump(mode="json")))
    print(f"== {results(name)[-1].metrics}", flush=True)
    return True


if __name__ == "__main__":
    app()
