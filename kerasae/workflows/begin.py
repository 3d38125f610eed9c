"""Begin a run: check and resolve a recipe, and write the first files, before any training."""

from __future__ import annotations

import contextlib
import csv
import io
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from kerasae.data.sources import BUILTIN
from kerasae.files.manifest import begin as begin_manifest
from kerasae.files.manifest import remove as remove_manifest
from kerasae.files.writing import write_json, write_text
from kerasae.recipe.loading import files, load, parse
from kerasae.recipe.plugins import load_plugins, trust
from kerasae.runs.environment import environment
from kerasae.runs.origins import write_origins
from kerasae.tasks import task_of
from kerasae.training import distribution
from kerasae.training.batches import missing_epochs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.data.collection import Collection
    from kerasae.recipe import Recipe
    from kerasae.runs.data_facts import DataFacts
    from kerasae.runs.folder import RunFolder
    from kerasae.training.phase_plan import TrainingPlan

# Files of a run, a comparison and a search: a recipe in their folder is not the user's own.
_FOLDER_FILES = ("recipe.json", "comparison.json", "search.json")


def read_named(name: str, overrides: Sequence[str] = ()) -> Recipe:
    """Read the recipe that the user names, and trust its plugins, because naming the recipe is the user's choice.

    The plugins of a recipe in the folder of a run, a comparison or a search, or of a recipe that extends one there,
    must be trusted already.

    Args:
        name: of a built-in recipe, or the path of a TOML file.
        overrides: `KEY=VALUE` settings.

    Raises:
        RequestError: as `kerasae.recipe.loading.load`, or a plugin is no Python file.
    """
    recipe = load(name, overrides)
    lists_plugins = any(assignment.partition("=")[0].strip() == "plugins" for assignment in overrides)
    folders = {folder for file in files(name) for folder in file.resolve().parents}
    if lists_plugins or not any((folder / file).is_file() for folder in folders for file in _FOLDER_FILES):
        trust(recipe.plugins, f"as the recipe {name} says")
    return recipe


def check(recipe: Recipe) -> None:
    """Refuse every name, option and combination that does not exist, before any data is read.

    Raises:
        RequestError: the first one.
    """
    load_plugins(recipe.plugins)
    # Before any data, because the CPU can be divided into devices only before TensorFlow has used it.
    distribution.strategy(recipe.distribution.devices)
    task_of(recipe).check(recipe)


def check_fits(recipe: Recipe, collection: Collection) -> TrainingPlan:
    """Refuse images that a resolved recipe cannot be trained on, before a run is created.

    Returns:
        The plan of the training.

    Raises:
        RequestError: the images, the batches or the parts of other runs do not fit.
    """
    return task_of(recipe).plan(recipe, collection)


def resolve(recipe: Recipe, collection: Collection) -> Recipe:
    """Replace "auto" by the values for these images and this machine, so that the run can be repeated elsewhere.

    `min_steps` becomes epochs, and is 0 then; see `epoch_notes`. `search` is removed, because it is no part of a run.

    Raises:
        RequestError: the batches do not fit the images or the devices.
    """
    tree = recipe.model_dump(mode="json", exclude={"search"})
    tree["data"]["image_shape"] = list(collection.image_shape)
    if recipe.data.range == "auto":
        values = collection.facts.values
        tree["data"]["range"] = list(values.range) if values is not None and values.range is not None else "auto"
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
    tree["precision"] = task_of(recipe).precision(recipe)
    tree["jit_compile"] = distribution.jit_compile(recipe.jit_compile)
    return parse(tree)


def without_min_steps(recipe: Recipe) -> Recipe:
    """Return a recipe without `min_steps`, for experiments of earlier versions, which did not have them."""
    phases = [phase.model_copy(update={"min_steps": 0}) for phase in recipe.phases]
    return recipe.model_copy(update={"phases": phases})


def with_every_class(recipe: Recipe) -> Recipe:
    """Return a recipe with the default of `data.normal`, for experiments of earlier versions, which did not have it."""
    return recipe.model_copy(update={"data": recipe.data.model_copy(update={"normal": "auto"})})


def epoch_notes(recipe: Recipe, resolved: Recipe) -> list[str]:
    """Return a line for each phase of a recipe to which `resolve` has added epochs."""
    return [
        f"{name}: {after.epochs:,} epochs rather than {before.epochs:,}, for at least {before.min_steps:,} steps; few "
        f"images make short epochs (set phases.{index}.epochs to choose them yourself)"
        for index, (name, before, after) in enumerate(
            zip(recipe.phase_names, recipe.phases, resolved.phases, strict=True)
        )
        if after.epochs != before.epochs
    ]


def begin(run: RunFolder, recipe: Recipe, facts: DataFacts) -> None:
    """Write the first files of a run, or remove them if one cannot be written.

    The recipe is written last: without it there is no run to resume.

    Args:
        run: the new run.
        recipe: the resolved recipe.
        facts: what data.json holds.
    """
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
        with contextlib.suppress(OSError):  # not empty: it existed before, with other files
            run.path.rmdir()
        raise


def _write_facts(run: RunFolder, facts: DataFacts) -> None:
    write_json(run.data_facts, facts.to_json())
    text = io.StringIO()
    writer = csv.DictWriter(text, ("path", "reason"), lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(map(asdict, facts.quarantine))
    write_text(run.quarantine, text.getvalue())
