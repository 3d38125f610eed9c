"""The verb that makes a run: train, evaluate, report, export."""

from __future__ import annotations

if __name__ == "__main__":  # up here, so that the command line can hold back TensorFlow's opening words
    from kerasae.cli import main

    main("train")

import contextlib
import csv
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from kerasae import distribution, models
from kerasae.data.collection import Collection, open_collection
from kerasae.data.fingerprint import check_unchanged
from kerasae.data.sources import BUILTIN
from kerasae.data.summary import lines
from kerasae.environment import environment
from kerasae.evaluate import evaluate, evaluate_generator
from kerasae.evaluation.variants import variants
from kerasae.export import export, export_generator
from kerasae.generation import write_generator_report
from kerasae.plugins import load_plugins
from kerasae.recipe import Recipe
from kerasae.recipe_file import load, parse
from kerasae.report import write_report
from kerasae.runs import Run, alone, check_new, read_json, remove_unfinished, write_json, write_text
from kerasae.training import adversarial, fit
from kerasae.training.fit import check as check_fit
from kerasae.training.loss_weights import check as check_loss_weights
from kerasae.training.phase import check as check_phase
from kerasae.training.rejection import check as check_rejection
from kerasae.training.rejection import fit_rejection


def train(
    recipe: str, *, data: str | None = None, run: Path | None = None, overrides: Sequence[str] = ()
) -> tuple[Run, Recipe]:
    """Train a recipe into a new run, then evaluate, report and export it.

    Args:
        recipe: the name of a built-in recipe or the path of a TOML file.
        data: a source that takes the place of the recipe's.
        run: the directory to make, or None for the next free one below `runs/`.
        overrides: `KEY=VALUE` settings that reach any field.

    Raises:
        RequestError: anything wrong with the request; nothing is written then.
        DivergedError: the loss is no longer a number.
    """
    resolved = load(recipe, [*overrides, *([f"data.source={json.dumps(data)}"] if data is not None else [])])
    check(resolved)
    check_new(run)
    collection = open_collection(resolved.data, classifies=resolved.classifies)
    resolved = resolve(resolved, collection)
    check_fits(resolved, collection)
    made = Run.create(run, Path(recipe).stem)
    begin(made, resolved, facts_of(collection))
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    console.print(*lines(collection.facts), sep="\n", soft_wrap=True)
    with _alone(made):
        _finish(made, resolved, collection)
    return made, resolved


def resume(run: Path) -> tuple[Run, Recipe]:
    """Go on with a run where it was interrupted, to the same result.

    Raises:
        RequestError: there is no such run, its pictures are not what they were, or another process is at work on it.
    """
    made = Run.open(run, trained=False)
    go_on(made)
    return made, made.recipe


def go_on(run: Run, *, exports: bool = True) -> tuple[Any, Collection]:
    """Do what of a begun run's work is not done yet, without rejection and export if not `exports`.

    Returns:
        The trained model and the pictures.

    Raises:
        RequestError: the pictures are not what they were, or another process is at work on the run.
        DivergedError: the loss is no longer a number.
    """
    recipe = run.recipe
    load_plugins(recipe.plugins)
    distribution.strategy(recipe.distribution.devices)  # before TensorFlow is used; see `check`
    with _alone(run):
        collection = reopen(run)
        remove_unfinished(run.path)
        return _finish(run, recipe, collection, exports), collection


def reopen(run: Run) -> Collection:
    """Open the pictures of a run again.

    Raises:
        RequestError: they are not there, or not what they were.
    """
    recipe = run.recipe
    collection = open_collection(recipe.data, classifies=recipe.classifies)
    check_unchanged(read_json(run.data_facts), collection.facts, str(run.path))
    return collection


def check(recipe: Recipe) -> None:
    """Refuse every name, option and combination that the registries do not know, before any data is read."""
    load_plugins(recipe.plugins)
    # Before any data, because several CPU devices can be made only before TensorFlow has used the one that there is.
    distribution.strategy(recipe.distribution.devices)
    if recipe.model.adversarial is not None:
        adversarial.check(recipe)
        return
    models.check(recipe.model)
    variants(recipe.evaluation)
    check_loss_weights(recipe)
    for index, phase in enumerate(recipe.phases):
        check_phase(phase, f"phases.{index}", recipe.model.variational is not None)
        for folder in phase.start_from.values():
            Run.open(Path(folder))


def check_fits(recipe: Recipe, collection: Collection) -> None:
    """Refuse pictures that the recipe cannot be trained on, before a run is made."""
    if recipe.model.adversarial is not None:
        adversarial.check_fit(recipe, collection)
        return
    check_fit(recipe, collection)
    check_rejection(recipe, collection)


def resolve(recipe: Recipe, collection: Collection) -> Recipe:
    """Put what "auto" came to in its place, so that the run can be repeated elsewhere; `search` is no part of a run."""
    tree = recipe.model_dump(mode="json", exclude={"search"})
    tree["data"]["image_shape"] = list(collection.image_shape)
    tree["plugins"] = [str(Path(file).expanduser().resolve()) for file in recipe.plugins]
    if recipe.data.source not in BUILTIN:
        tree["data"]["source"] = str(Path(recipe.data.source).expanduser().resolve())
    for phase in tree["phases"]:
        phase["start_from"] = {part: str(Path(folder).resolve()) for part, folder in phase["start_from"].items()}
    tree["precision"] = distribution.precision(recipe.precision)
    tree["jit_compile"] = distribution.jit_compile(recipe.jit_compile)
    return parse(tree)


def facts_of(collection: Collection) -> dict[str, Any]:
    """Return what a run keeps of its pictures in data.json."""
    return {**collection.facts, "class_names": list(collection.class_names)}


def begin(run: Run, recipe: Recipe, facts: Mapping[str, Any]) -> None:
    """Write what a run begins with, or leave no run; the recipe last, since without it there is none to resume."""
    try:
        _write_facts(run, facts)
        write_json(run.environment, environment(precision=recipe.precision, jit_compile=recipe.jit_compile))
        write_json(run.recipe_file, recipe.model_dump(mode="json"))
    except BaseException:
        shutil.rmtree(run.path, ignore_errors=True)
        raise


def _write_facts(run: Run, facts: Mapping[str, Any]) -> None:
    write_json(run.data_facts, facts)
    text = io.StringIO()
    writer = csv.DictWriter(text, ("path", "reason"), lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(facts["quarantine"])
    write_text(run.quarantine, text.getvalue())


def _alone(run: Run) -> contextlib.AbstractContextManager[None]:
    run.checkpoints.mkdir(exist_ok=True)
    return alone(run.checkpoints, f"run: another process trains {run.path}; wait for it, or give another name")


def _finish(run: Run, recipe: Recipe, collection: Collection, exports: bool = True) -> Any:
    """Do what of a run's work is not done yet, and return its model."""
    if recipe.model.adversarial is not None:
        return _finish_adversarial(run, recipe, collection)
    model = models.load_trained(run) if run.model.is_file() else fit(run, recipe, collection)
    if exports and model.rejection is None:
        fit_rejection(run, recipe, model, collection)
    if not run.metrics.is_file():
        evaluate(run, model, collection)
    if not run.report.is_file():
        write_report(run, model, collection)
    if exports and not run.export.is_dir():
        export(run, model, collection)
    return model


def _finish_adversarial(run: Run, recipe: Recipe, collection: Collection) -> models.AdversarialModel:
    """Do the same for an adversarial model, which is measured by a judge."""
    model = models.load_generator(run) if run.model.is_file() else adversarial.fit(run, recipe, collection)
    if not run.metrics.is_file():
        evaluate_generator(run, model, collection)
    if not run.report.is_file():
        write_generator_report(run, collection)
    if not run.export.is_dir():
        export_generator(run, model, collection)
    return model
