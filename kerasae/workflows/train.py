"""The verb `train`: train, evaluate, report and export a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasae.data.collection import Collection, open_collection
from kerasae.data.summary import lines
from kerasae.models import ENCODERS
from kerasae.models.blocks import Settings
from kerasae.recipe.loading import load, setting
from kerasae.runs.folder import RunFolder, check_new
from kerasae.runs.origins import load_plugins_of
from kerasae.tasks import task_of
from kerasae.training import distribution
from kerasae.utils.console import stderr_console
from kerasae.utils.errors import RequestError
from kerasae.workflows.begin import begin, check, check_fits, epoch_notes, read_named, resolve
from kerasae.workflows.opening import reopen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.training.phase_plan import TrainingPlan


def default_recipe(data: str | None) -> str:
    """Return the name of the recipe that is trained if none is named: `joint` mirrors images, which digits are not."""
    return "digits-joint" if data in (None, "digits") else "joint"


def train(recipe: str, *, data: str | None = None, run: Path | None = None, overrides: Sequence[str] = ()) -> RunFolder:
    """Train a recipe into a new run, then evaluate, report and export it.

    Args:
        recipe: the name of a built-in recipe or the path of a TOML file.
        data: a source that replaces the source of the recipe.
        run: the directory to create, or None for the next free one below `runs/`.
        overrides: `KEY=VALUE` settings of any field.

    Raises:
        RequestError: the request is wrong; nothing is written then.
        DivergedError: the loss is no longer finite.
    """
    requested = read_named(recipe, [*overrides, *setting("data.source", data)])
    check(requested)
    check_new(run)
    collection = open_collection(requested.data, classifies=requested.classifies)
    resolved = resolve(requested, collection)
    plan = check_fits(resolved, collection)
    new_run = RunFolder.create(run, Path(recipe).stem)
    begin(new_run, resolved, plan.facts)
    stderr_console().print(*lines(plan.facts), *epoch_notes(requested, resolved), sep="\n", soft_wrap=True)
    with new_run.alone("training"):
        finish(new_run, collection, plan)
    return new_run


def resume(path: Path) -> RunFolder:
    """Resume a run where it was interrupted, to the same result.

    Raises:
        RequestError: there is no such run, its images have changed, or another process is writing to it.
    """
    run = RunFolder.open(path, trained=False)
    go_on(run)
    return run


def go_on(run: RunFolder, *, exports: bool = True) -> tuple[Any, Collection]:
    """Finish a run that has begun.

    Args:
        run: the run.
        exports: whether to fit a rejection, measure OOD data and export, too.

    Returns:
        The trained model and the images.

    Raises:
        RequestError: the images have changed, or another process is writing to the run.
        DivergedError: the loss is no longer finite.
    """
    load_plugins_of(run)
    distribution.strategy(run.recipe.distribution.devices)  # before TensorFlow is used; see `check`
    with run.alone("training"):
        collection = reopen(run)
        return finish(run, collection, exports=exports), collection


def finish(run: RunFolder, collection: Collection, plan: TrainingPlan | None = None, *, exports: bool = True) -> Any:
    """Do the steps of a run that are not done yet, and return its trained model; arguments as `go_on`."""
    recipe = run.recipe
    task = task_of(recipe)
    finished = run.model.is_file()
    model = task.load(run, needs_rejection=False) if finished else task.fit(run, recipe, collection, plan)
    if exports:
        model = task.follow_up(run, recipe, model, collection)
    if not run.metrics.is_file():
        if exports:
            task.measure_ood(run, model, collection)
        task.evaluate(run, model, collection)
    if not run.report.is_file():
        task.report(run, model, collection)
    if exports and not run.saved_model.is_file():
        task.export(run, model, collection)
    return model


def recipe_for_photographs(run: RunFolder) -> str | None:
    """Return the name of the recipe that suits the images of a run better than `joint`, if they are photographs.

    Those are color images whose sides the encoder of the recipe takes.
    """
    shape = run.recipe.data.image_shape
    if shape == "auto" or shape[2] != 3:
        return None
    try:
        ENCODERS.build(load("photos").model.encoder, "model.encoder", tuple(shape), Settings())
    except RequestError:
        return None
    train = run.facts.counts["train"]
    return "photos-few-labels" if train.unlabelled > train.labelled else "photos"
