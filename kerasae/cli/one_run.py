"""The verbs on one run."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from kerasae.cli.app import (
    DataOption,
    RunArgument,
    TrustPlugins,
    app,
    err,
    hold,
    is_adversarial,
    open_generator,
    open_run,
    out,
)
from kerasae.cli.tables import generated_table, neighbours_table, predictions_table, strangers_table, summary
from kerasae.files.reading import read_json
from kerasae.runs.run import check_new
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
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")] = False,
    trust_plugins: TrustPlugins = False,
) -> None:
    """Train a recipe, then evaluate, report and export it.

    Without a recipe: `digits-joint` on the digits, or `joint` on the data that you name.
    """
    if resume and (run is None or recipe is not None or data is not None or overrides):
        raise RequestError("--resume", expected="--run DIR and nothing else, since a run keeps its own recipe")
    load_tensorflow()
    from kerasae.workflows import train as verb

    if resume and run is not None:
        made = verb.resume(run)
    else:
        name = recipe or ("digits-joint" if data is None else "joint")
        made = verb.train(name, data=data, run=run, overrides=overrides or [])
    out.print(summary(made))
    measured = {path.parent.name: read_json(path) for path in sorted(made.path.glob("unknown/*/unknown.json"))}
    if measured:
        out.print(strangers_table(measured))
    if recipe is None and data is not None and _suits_photos(made.recipe.data.image_shape):
        train = made.facts["counts"]["train"]
        better = "photos-few-labels" if train["unlabelled"] > sum(train["classes"].values()) else "photos"
        command = shlex.join(["kerasae", "train", better, "--data", data])
        err.print(f"For photographs, {command} takes longer and recognises more.", soft_wrap=True)


def _suits_photos(image_shape: Sequence[int] | Literal["auto"]) -> bool:
    """Return whether the recipe `photos` is made for such images: coloured ones, of sides that its encoder takes."""
    from kerasae.models import ENCODERS
    from kerasae.models.blocks import Settings
    from kerasae.recipe.loading import load

    if image_shape == "auto" or image_shape[2] != 3:
        return False
    try:
        ENCODERS.build(load("photos").model.encoder, "model.encoder", tuple(image_shape), Settings())
    except RequestError:
        return False
    return True


@app.command()
def evaluate(
    context: typer.Context,
    run: RunArgument,
    unknown: Annotated[
        list[str] | None,
        typer.Option(metavar="SOURCE", help="Strangers: any source of images, or a transform of the test images."),
    ] = None,
    data: DataOption = None,
    trust_plugins: TrustPlugins = False,
) -> None:
    """Measure a run on its test images again, or on what it was never taught (--unknown)."""
    hold(context, run, "evaluating")
    load_tensorflow()
    from kerasae.generation import write_generator_report
    from kerasae.report import write_report
    from kerasae.workflows.evaluate import evaluate as measure
    from kerasae.workflows.evaluate import evaluate_generator

    if is_adversarial(run) and not unknown:
        opened, generator, collection = open_generator(run, data)
        evaluate_generator(opened, generator, collection)
        write_generator_report(opened, collection)
        out.print(summary(opened))
        return
    opened, model, collection = open_run(run, data)
    if unknown:
        from kerasae.ood import open_all, write_unknown
        from kerasae.training.rejection import fit_rejection

        recipe = opened.recipe
        if data is not None:  # where the classes that were left out are too
            recipe = recipe.model_copy(update={"data": recipe.data.model_copy(update={"source": data})})
        strangers = open_all(unknown, recipe, collection, opened.path / "unknown")
        if model.rejection is None:
            fit_rejection(opened, opened.recipe, model, collection, refuses=True)
            err.print(
                f"{run} has a rejection now; its report and its export have it after: kerasae evaluate {run} and "
                f"kerasae export {run}",
                soft_wrap=True,
            )
        out.print(strangers_table(write_unknown(opened, model, collection, strangers)))
        for one in strangers:
            out.print(str(opened.path / "unknown" / one.name / "unknown.html"), soft_wrap=True)
        return
    from kerasae.ood import write_own_unknown

    found = write_own_unknown(opened, model, collection)
    measure(opened, model, collection)
    write_report(opened, model, collection)
    out.print(summary(opened))
    if found:
        out.print(strangers_table(found))


@app.command()
def report(
    context: typer.Context, run: RunArgument, data: DataOption = None, trust_plugins: TrustPlugins = False
) -> None:
    """Draw a run's figures and report again; figures of images that are gone stay as they are."""
    hold(context, run, "drawing the report of")
    load_tensorflow()
    from kerasae.generation import write_generator_report
    from kerasae.report import write_report

    if is_adversarial(run):
        opened, _, collection = open_generator(run, data)
        out.print(str(write_generator_report(opened, collection)), soft_wrap=True)
        return
    opened, model, collection = open_run(run, data, needs_images=False)
    out.print(str(write_report(opened, model, collection)), soft_wrap=True)


@app.command()
def explore(
    context: typer.Context,
    run: RunArgument,
    split: Annotated[str, typer.Option(metavar="SPLIT", help="train, validation or test.")] = "test",
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="The most images on a map.")] = 5_000,
    maps: Annotated[str, typer.Option(metavar="NAMES", help="Which maps: pca, tsne, umap.")] = "pca,tsne,umap",
    perplexity: Annotated[
        float | None, typer.Option(metavar="P", help="How many neighbours t-SNE keeps together; 30 if left out.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Of everything random in the maps.")] = 0,
    near: Annotated[
        list[Path] | None,
        typer.Option(metavar="IMAGE", help="Only find the training images that are nearest to this one."),
    ] = None,
    source: DataOption = None,
    trust_plugins: TrustPlugins = False,
) -> None:
    """Look at a run's latent space: maps, distances, neighbours, filters, and an interactive page."""
    hold(context, run, "exploring")
    load_tensorflow()
    from kerasae import exploration

    if near:
        from kerasae.data.image_inputs import read_each
        from kerasae.data.value_range import setting

        opened, model, collection = open_run(run, source)
        data = opened.recipe.data
        images = list(read_each(near, collection.image_shape, data.resize, "--near", err, setting(data.range)))
        nearest = exploration.write_nearest_images(
            opened, model, collection, [(str(path), image) for path, image in images]
        )
        out.print(neighbours_table([path for path, _ in images], nearest, collection.class_names))
        out.print(str(nearest.figure), soft_wrap=True)
        return
    methods = tuple(dict.fromkeys(maps.replace(" ", "").split(",")))
    options = exploration.ExplorationOptions(split, limit, methods, perplexity, seed)
    opened, model, collection = open_run(run, source)
    page = exploration.write_exploration(opened, model, collection, options, console=err)
    if opened.metrics.is_file():
        from kerasae.report import write_report

        write_report(opened, model, collection)  # which shows some of the figures
    out.print(str(page), soft_wrap=True)


@app.command()
def export(
    context: typer.Context,
    run: RunArgument,
    to: Annotated[Path | None, typer.Option(metavar="DIR", help="Where to write it; RUN/export if left out.")] = None,
    data: DataOption = None,
    trust_plugins: TrustPlugins = False,
) -> None:
    """Write a run's SavedModel and check it in a fresh process."""
    if to is not None:
        check_new(to, "--to")
    else:
        hold(context, run, "exporting")
    load_tensorflow()
    from kerasae.exporting import export as write
    from kerasae.exporting import export_generator

    if is_adversarial(run):
        opened, generator, collection = open_generator(run, data)
        out.print(str(export_generator(opened, generator, collection, to)), soft_wrap=True)
        return
    opened, model, collection = open_run(run, data, needs_images=False)
    out.print(str(write(opened, model, collection, to)), soft_wrap=True)


@app.command()
def predict(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A run's directory or an exported SavedModel.")],
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Images, or folders of them.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    heatmaps: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write where each reconstruction misses its image.")
    ] = None,
    table: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write a row an image, with every class.")
    ] = None,
    trust_plugins: TrustPlugins = False,
) -> None:
    """Name what images show, how well the model rebuilds them, and whether to trust the answer."""
    import dataclasses

    load_tensorflow()
    from kerasae.workflows.predict import predict as answer

    answers = answer(model, images, heatmaps=heatmaps, table=table, console=err)
    if as_json:
        print(json.dumps([dataclasses.asdict(one) for one in answers], indent=2))
        return
    out.print(predictions_table(answers))


@app.command()
def generate(
    run: RunArgument,
    classes: Annotated[
        list[str] | None, typer.Option("--class", metavar="NAME", help="A class to make images of; all if left out.")
    ] = None,
    count: Annotated[int, typer.Option(metavar="N", help="Images of each class.")] = 100,
    noise: Annotated[
        float, typer.Option(metavar="X", help="How far from the middle; 1 is as diverse as what was learned.")
    ] = 1.0,
    between: Annotated[
        tuple[str, str] | None, typer.Option(metavar="A B", help="Two classes or images to go between.")
    ] = None,
    judge: Annotated[
        Path | None, typer.Option(metavar="RUN", help="A classifier's run; if left out, one is trained, once.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Another seed draws other images.")] = 0,
    trust_plugins: TrustPlugins = False,
) -> None:
    """Make new images with a run's model, and judge them."""
    load_tensorflow()
    from kerasae.workflows.generate import generate as verb

    result = verb(run, classes=classes or [], count=count, noise=noise, between=between, judge=judge, seed=seed)
    out.print(generated_table(result))
    out.print(str(run / "generated" / "generated.html"), soft_wrap=True)
