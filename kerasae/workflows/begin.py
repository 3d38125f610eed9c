"""From a recipe to the files that a run begins with: all that is refused is refused here, before any training."""

from __future__ import annotations

import contextlib
import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasae import models
from kerasae.data.collection import Collection, open_collection
from kerasae.data.fingerprint import check_unchanged
from kerasae.data.sources import BUILTIN
from kerasae.data.variants import variant_transforms
from kerasae.files.manifest import begin as begin_manifest
from kerasae.files.manifest import remove as remove_manifest
from kerasae.files.writing import write_json, write_text
from kerasae.recipe.loading import files, load, parse
from kerasae.recipe.plugins import load_plugins, trust
from kerasae.runs.environment import environment
from kerasae.runs.origins import write_origins
from kerasae.runs.run import Run
from kerasae.training import adversarial, distribution
from kerasae.training.batches import missing_epochs
from kerasae.training.fit import check as check_fit
from kerasae.training.loss_weights import check as check_loss_weights
from kerasae.training.phase import check as check_phase
from kerasae.training.rejection import check as check_rejection
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kerasae.recipe import Recipe

# Files of a run, a comparison and a search: what lies below them is theirs, not a recipe of the user's own.
_OF_FOLDERS = ("recipe.json", "comparison.json", "search.json")


def read_named(name: str, overrides: Sequence[str] = ()) -> Recipe:
    """Read the recipe that the user names, and trust the plugins that it lists, since that is the user's own choice.

    The plugins of a recipe that lies in a run, a comparison or a search, or extends one there, must be trusted already.

    Raises:
        RequestError: as `recipe_file.load`; or a plugin is no Python file.
    """
    recipe = load(name, overrides)
    lists_plugins = any(assignment.partition("=")[0].strip() == "plugins" for assignment in overrides)
    folders = {folder for file in files(name) for folder in file.resolve().parents}
    if lists_plugins or not any((folder / mark).is_file() for folder in folders for mark in _OF_FOLDERS):
        trust(recipe.plugins, f"as the recipe {name} says")
    return recipe


def reopen(run: Run, source: str | None = None) -> Collection:
    """Open the images of a run again.

    Args:
        run: the run.
        source: where they are now, if not where they were.

    Raises:
        RequestError: they are not there, or not what they were.
    """
    recipe, before = run.recipe, run.facts
    if source is None and not has_images(run):
        raise RequestError(
            "run",
            expected=f"the images that {run.path} was made with in {recipe.data.source}",
            received="nothing there",
            fix="put them back, or say where they are: evaluate, report, explore and export take --data SOURCE",
        )
    data = recipe.data if source is None else recipe.data.model_copy(update={"source": source})
    if data.source in BUILTIN:
        data = data.model_copy(update={"range": "auto"})
    if "normal" not in before:  # versions before `normal` learned from every class
        data = data.model_copy(update={"normal": "all"})
    collection = open_collection(data, classifies=recipe.classifies, asks=False)
    check_unchanged(before, collection.facts, str(run.path))
    return collection


def has_images(run: Run) -> bool:
    """Return whether the source of a run's images is where it was; what is in it may have changed."""
    source = run.recipe.data.source
    return source in BUILTIN or Path(source).expanduser().exists()


def check(recipe: Recipe) -> None:
    """Refuse every name, option and combination that the registries do not know, before any data is read.

    Raises:
        RequestError: one of them, in one line that says how to mend it.
    """
    load_plugins(recipe.plugins)
    # Before any data, because several CPU devices can be made only before TensorFlow has used the one that there is.
    distribution.strategy(recipe.distribution.devices)
    if recipe.model.adversarial is not None:
        adversarial.check(recipe)
        return
    models.check(recipe.model)
    variant_transforms(recipe.evaluation)
    check_loss_weights(recipe)
    for index, phase in enumerate(recipe.phases):
        check_phase(phase, f"phases.{index}", recipe.model.variational is not None)
        for folder in phase.start_from.values():
            Run.open(Path(folder).expanduser())


def check_fits(recipe: Recipe, collection: Collection) -> None:
    """Refuse images that the recipe cannot be trained on, before a run is made.

    Raises:
        RequestError: what is wrong, in one line that says how to mend it.
    """
    if recipe.model.adversarial is not None:
        adversarial.check_fit(recipe, collection)
        return
    check_fit(recipe, collection)
    check_rejection(recipe, collection)


def resolve(recipe: Recipe, collection: Collection) -> Recipe:
    """Put what "auto" came to in its place, so that the run can be repeated elsewhere; `search` is no part of a run.

    `min_steps` turns into epochs, and is 0 then; `raised` says where.

    Raises:
        RequestError: the batches do not fit the images or the devices.
    """
    tree = recipe.model_dump(mode="json", exclude={"search"})
    tree["data"]["image_shape"] = list(collection.image_shape)
    if recipe.data.range == "auto":
        tree["data"]["range"] = collection.facts.get("values", {}).get("range") or "auto"
    tree["plugins"] = [str(Path(file).expanduser().resolve()) for file in recipe.plugins]
    if recipe.data.source not in BUILTIN:
        tree["data"]["source"] = str(Path(recipe.data.source).expanduser().resolve())
    for phase in tree["phases"]:
        phase["start_from"] = {
            part: str(Path(folder).expanduser().resolve()) for part, folder in phase["start_from"].items()
        }
    for index, phase in enumerate(recipe.phases):
        if phase.min_steps:
            epochs = phase.epochs + missing_epochs(recipe, index, collection)
            tree["phases"][index] |= {"epochs": epochs, "min_steps": 0}
    tree["precision"] = distribution.precision(recipe.precision)
    if recipe.model.adversarial is not None and tree["precision"] == "mixed_float16":
        tree["precision"] = "float32"  # as "auto" may come to it, but adversarial losses are not scaled
    tree["jit_compile"] = distribution.jit_compile(recipe.jit_compile)
    return parse(tree)


def without_min_steps(recipe: Recipe) -> Recipe:
    """Return a recipe whose epochs are obeyed, for what an earlier version began, which knew no `min_steps`."""
    phases = [phase.model_copy(update={"min_steps": 0}) for phase in recipe.phases]
    return recipe.model_copy(update={"phases": phases})


def with_every_class(recipe: Recipe) -> Recipe:
    """Return a recipe with the default of `data.normal`, for what an earlier version began without it."""
    return recipe.model_copy(update={"data": recipe.data.model_copy(update={"normal": "auto"})})


def raised(recipe: Recipe, resolved: Recipe) -> list[str]:
    """Return a line for each phase of a recipe that `resolve` has given more epochs."""
    return [
        f"{name}: {after.epochs:,} epochs rather than {before.epochs:,}, for at least {before.min_steps:,} steps; few "
        f"images make short epochs (set phases.{index}.epochs to choose them yourself)"
        for index, (name, before, after) in enumerate(
            zip(recipe.phase_names, recipe.phases, resolved.phases, strict=True)
        )
        if after.epochs != before.epochs
    ]


def begin(run: Run, recipe: Recipe, facts: Mapping[str, Any]) -> None:
    """Write what a run begins with, or leave no run; the recipe last, since without it there is none to resume."""
    try:
        begin_manifest(run.path)
        _write_facts(run, facts)
        write_origins(run, recipe)
        write_json(run.environment, environment(precision=recipe.precision, jit_compile=recipe.jit_compile))
        write_json(run.recipe_file, recipe.model_dump(mode="json"))
    except BaseException:
        for file in (run.data_facts, run.quarantine, run.origins, run.environment, run.recipe_file):
            file.unlink(missing_ok=True)
        remove_manifest(run.path)
        with contextlib.suppress(OSError):  # not empty: it was there before, with files of others
            run.path.rmdir()
        raise


def _write_facts(run: Run, facts: Mapping[str, Any]) -> None:
    write_json(run.data_facts, facts)
    text = io.StringIO()
    writer = csv.DictWriter(text, ("path", "reason"), lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(facts["quarantine"])
    write_text(run.quarantine, text.getvalue())
