"""The verbs on one run."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from kerasae.cli.app import (
    DataOption,
    RunArgument,
    TrustPlugins,
    app,
    check_finished,
    stderr_console,
    stdout_console,
)
from kerasae.cli.tables import generated_table, neighbours_table, ood_table, predictions_table, summary
from kerasae.utils.errors import RequestError
from kerasae.utils.tensorflow import load_tensorflow


@app.command()
def train(
    recipe: Annotated[
        str | None,
        typer.Argument(metavar="[RECIPE]", help="A recipe's name (see: kerasae recipes) or a TOML file."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(metavar="SOURCE", help="digits, cifar10, mnist, fashion_mnist, a folder, .npz, .csv or .tsv."),
    ] = None,
    run: Annotated[Path | None, typer.Option(metavar="DIR", help="Where to keep the run; else a new name.")] = None,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Set any field, as in phases.0.epochs=5.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Resume an interrupted run.")] = False,
    trust_plugins: TrustPlugins = False,
) -> None:
    """Train a recipe, then evaluate, report and export it.

    Without a recipe: `digits-joint` on the digits, or `joint` on other data that you name.
    """
    if resume and (run is None or recipe is not None or data is not None or overrides):
        raise RequestError("--resume", expected="--run DIR and nothing else, since a run keeps its own recipe")
    load_tensorflow()
    from kerasae.ood.measurement import read_all
    from kerasae.workflows import train as verb

    if resume and run is not None:
        trained = verb.resume(run)
    else:
        name = recipe or verb.default_recipe(data)
        trained = verb.train(name, data=data, run=run, overrides=overrides or [])
    stdout_console.print(summary(trained))
    if ood := read_all(trained.path / "unknown"):
        stdout_console.print(ood_table(ood))
    if recipe is None and data is not None and (better := verb.recipe_for_photographs(trained)):
        command = shlex.join(["kerasae", "train", better, "--data", data])
        stderr_console.print(f"For photographs, {command} takes longer and recognises more.", soft_wrap=True)


@app.command()
def evaluate(
    run: RunArgument,
    unknown: Annotated[
        list[str] | None,
        typer.Option(metavar="SOURCE", help="OOD data: any source of images, or a transform of the test images."),
    ] = None,
    data: DataOption = None,
    trust_plugins: TrustPlugins = False,
) -> None:
    """Evaluate a run on its test images again, or on out-of-distribution data (--unknown)."""
    check_finished(run)
    load_tensorflow()
    from kerasae.workflows import evaluate as verb

    if unknown:
        evaluation = verb.evaluate_ood(run, unknown, data=data)
    else:
        evaluation = verb.evaluate(run, data=data)
        stdout_console.print(summary(evaluation.run))
    if evaluation.ood:
        stdout_console.print(ood_table(evaluation.ood))
    for page in evaluation.pages:
        stdout_console.print(str(page), soft_wrap=True)


@app.command()
def report(run: RunArgument, data: DataOption = None, trust_plugins: TrustPlugins = False) -> None:
    """Draw a run's figures and report again; figures of images that are gone stay as they are."""
    check_finished(run)
    load_tensorflow()
    from kerasae.workflows.report import report as verb

    stdout_console.print(str(verb(run, data=data)), soft_wrap=True)


@app.command()
def explore(
    run: RunArgument,
    split: Annotated[str, typer.Option(metavar="SPLIT", help="train, validation or test.")] = "test",
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="The most images on a map.")] = 5_000,
    maps: Annotated[str, typer.Option(metavar="NAMES", help="Which maps: pca, tsne, umap.")] = "pca,tsne,umap",
    perplexity: Annotated[
        float | None, typer.Option(metavar="P", help="Of t-SNE, the effective number of neighbours; 30 if left out.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Of the maps.")] = 0,
    near: Annotated[
        list[Path] | None,
        typer.Option(metavar="IMAGE", help="Only find the training images that are nearest to this one."),
    ] = None,
    source: DataOption = None,
    trust_plugins: TrustPlugins = False,
) -> None:
    """Explore a run's latent space: maps, distances, neighbours, filters, and an interactive page."""
    check_finished(run)
    load_tensorflow()
    from kerasae.exploration import ExplorationOptions
    from kerasae.workflows import explore as verb

    if near:
        closest = verb.find_nearest(run, near, data=source)
        stdout_console.print(neighbours_table(closest.paths, closest.nearest, closest.class_names))
        stdout_console.print(str(closest.nearest.figure), soft_wrap=True)
        return
    methods = tuple(dict.fromkeys(maps.replace(" ", "").split(",")))
    options = ExplorationOptions(split, limit, methods, perplexity, seed)
    stdout_console.print(str(verb.explore(run, options, data=source)), soft_wrap=True)


@app.command()
def export(
    run: RunArgument,
    to: Annotated[Path | None, typer.Option(metavar="DIR", help="Where to write it; RUN/export if left out.")] = None,
    data: DataOption = None,
    trust_plugins: TrustPlugins = False,
) -> None:
    """Write a run's SavedModel and check it in a fresh process."""
    check_finished(run)
    load_tensorflow()
    from kerasae.workflows.export import export as verb

    stdout_console.print(str(verb(run, to=to, data=data)), soft_wrap=True)


@app.command()
def predict(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A run's directory or an exported SavedModel.")],
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Images, or folders of them.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    heatmaps: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the reconstruction error of each image as a heat map.")
    ] = None,
    table: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write a row for each image, with every class.")
    ] = None,
    trust_plugins: TrustPlugins = False,
) -> None:
    """Predict the class of images, their reconstruction error, and whether the prediction is accepted."""
    load_tensorflow()
    from kerasae.workflows.predict import predict as verb

    predictions = verb(model, images, heatmaps=heatmaps, table=table, console=stderr_console)
    if as_json:
        print(predictions.to_json())
        return
    stdout_console.print(predictions_table(predictions))


@app.command()
def generate(
    run: RunArgument,
    classes: Annotated[
        list[str] | None, typer.Option("--class", metavar="NAME", help="A class to generate; all if left out.")
    ] = None,
    count: Annotated[int, typer.Option(metavar="N", help="Images of each class.")] = 100,
    noise: Annotated[
        float, typer.Option(metavar="X", help="Standard deviation; 1 is as diverse as the training images.")
    ] = 1.0,
    between: Annotated[
        tuple[str, str] | None, typer.Option(metavar="A B", help="Two classes or images to interpolate between.")
    ] = None,
    judge: Annotated[
        Path | None, typer.Option(metavar="RUN", help="A classifier's run; if left out, one is trained, once.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Of the samples.")] = 0,
    trust_plugins: TrustPlugins = False,
) -> None:
    """Generate images with a run's model, and judge them."""
    load_tensorflow()
    from kerasae.workflows.generate import generate as verb

    generated = verb(run, classes=classes or [], count=count, noise=noise, between=between, judge=judge, seed=seed)
    stdout_console.print(generated_table(generated))
    stdout_console.print(str(run / "generated" / "generated.html"), soft_wrap=True)
