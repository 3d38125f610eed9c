"""The verb that makes a run: train, evaluate, report, export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasae import models
from kerasae.data.collection import Collection, open_collection
from kerasae.data.learned_images import facts_of
from kerasae.data.summary import lines
from kerasae.exporting import export, export_generator
from kerasae.files.manifest import forget
from kerasae.generation import write_generator_report
from kerasae.ood import write_unknown_class_reports
from kerasae.recipe.loading import setting
from kerasae.report import write_report
from kerasae.runs.origins import load_plugins_of
from kerasae.runs.run import Run, check_new
from kerasae.training import adversarial, distribution, fit
from kerasae.training.rejection import fit_rejection
from kerasae.training.rejection import fits as rejection_fits
from kerasae.utils.console import stderr_console
from kerasae.workflows.begin import begin, check, check_fits, raised, read_named, reopen, resolve
from kerasae.workflows.evaluate import evaluate, evaluate_generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.recipe import Recipe


def train(recipe: str, *, data: str | None = None, run: Path | None = None, overrides: Sequence[str] = ()) -> Run:
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
    asked = read_named(recipe, [*overrides, *setting("data.source", data)])
    check(asked)
    check_new(run)
    collection = open_collection(asked.data, classifies=asked.classifies)
    resolved = resolve(asked, collection)
    check_fits(resolved, collection)
    made = Run.create(run, Path(recipe).stem)
    facts = facts_of(resolved, collection)
    begin(made, resolved, facts)
    console = stderr_console()
    console.print(*lines(facts), *raised(asked, resolved), sep="\n", soft_wrap=True)
    with made.alone("training"):
        _finish(made, resolved, collection)
    return made


def resume(run: Path) -> Run:
    """Go on with a run where it was interrupted, to the same result.

    Raises:
        RequestError: there is no such run, its images are not what they were, or another process is at work on it.
    """
    made = Run.open(run, trained=False)
    go_on(made)
    return made


def go_on(run: Run, *, exports: bool = True) -> tuple[Any, Collection]:
    """Do what of a begun run's work is not done yet, without rejection and export if not `exports`.

    Returns:
        The trained model and the images.

    Raises:
        RequestError: the images are not what they were, or another process is at work on the run.
        DivergedError: the loss is no longer a number.
    """
    recipe = run.recipe
    load_plugins_of(run)
    distribution.strategy(recipe.distribution.devices)  # before TensorFlow is used; see `check`
    with run.alone("training"):
        collection = reopen(run)
        return _finish(run, recipe, collection, exports), collection


def _finish(run: Run, recipe: Recipe, collection: Collection, exports: bool = True) -> Any:
    """Do what of a run's work is not done yet, and return its model."""
    if recipe.model.adversarial is not None:
        return _finish_adversarial(run, recipe, collection)
    model = models.load_trained(run, needs_rejection=False) if run.model.is_file() else fit(run, recipe, collection)
    if exports and model.rejection is None:
        if rejection_fits(recipe, collection):  # what was measured and exported without it is out of date
            run.saved_model.unlink(missing_ok=True)
            for file in (run.metrics, run.report):
                file.unlink(missing_ok=True)
                forget(file)
        fit_rejection(run, recipe, model, collection)
    if not run.metrics.is_file():
        if exports:
            write_unknown_class_reports(run, model, collection)
        evaluate(run, model, collection)
    if not run.report.is_file():
        write_report(run, model, collection)
    if exports and not run.saved_model.is_file():
        export(run, model, collection)
    return model


def _finish_adversarial(run: Run, recipe: Recipe, collection: Collection) -> models.AdversarialModel:
    """Do the same for an adversarial model, which is measured by a judge."""
    model = models.load_generator(run) if run.model.is_file() else adversarial.fit(run, recipe, collection)
    if not run.metrics.is_file():
        evaluate_generator(run, model, collection)
    if not run.report.is_file():
        write_generator_report(run, collection)
    if not run.saved_model.is_file():
        export_generator(run, model, collection)
    return model
