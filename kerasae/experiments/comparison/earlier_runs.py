"""Runs that exist already: in this comparison's folder, to resume or reuse, and in others beside it, to reuse."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from kerasae.data.fingerprint import check_unchanged
from kerasae.files.reading import read_json
from kerasae.recipe.differences import first_difference
from kerasae.runs.folder import RunFolder
from kerasae.runs.origins import check_same, origins_of, read_origins
from kerasae.utils.errors import RequestError
from kerasae.workflows.begin import with_every_class, without_min_steps

if TYPE_CHECKING:
    from pathlib import Path

    from kerasae.experiments.jobs import Job
    from kerasae.recipe import Recipe
    from kerasae.runs.data_facts import DataFacts


def as_begun(recipe: Recipe, folder: Path) -> Recipe:
    """Return a recipe without `min_steps` and `data.normal` if an earlier version, which lacked them, began its runs.

    Args:
        recipe: the recipe.
        folder: holds the run directories of the recipe, if there are any.
    """
    for path in folder.glob("*/recipe.json"):
        begun = read_json(path, {"phases": list, "data": dict})
        if not all("min_steps" in phase for phase in begun["phases"]):
            recipe = without_min_steps(recipe)
        if "normal" not in begun["data"]:
            recipe = with_every_class(recipe)
    return recipe


def find_finished(folder: Path, run_name: str, recipe: Recipe, facts: DataFacts) -> RunFolder | None:
    """Return a finished run with this recipe, images, plugins and initial models in a comparison beside this one.

    Args:
        folder: of this comparison.
        run_name: the name of the run directory.
        recipe: the resolved recipe.
        facts: what is known about the images.
    """
    for path in sorted(folder.parent.glob(f"*/runs/*/{run_name}")):
        run = RunFolder(path)
        if not all(file.is_file() for file in (run.recipe_file, run.data_facts, run.model, run.metrics)):
            continue
        with suppress(RequestError):  # a recipe that only another version can read is not the same
            same_images = run.facts.fingerprint == facts.fingerprint
            # A run without origins.json was trained by an earlier version, whose batch normalization was different.
            if run.recipe.bare == recipe.bare and same_images and read_origins(run) == origins_of(recipe):
                return run
    return None


def check_resumable(job: Job) -> None:
    """Refuse a run directory that holds a run of another recipe, or with other plugins, initial models or images.

    Raises:
        RequestError: the first difference.
    """
    if not job.is_begun:
        return
    difference = first_difference(job.run.recipe.model_dump(mode="json"), job.recipe.model_dump(mode="json"))
    if difference:
        key, before, now = difference
        raise RequestError(
            "--to",
            expected=f"the recipe that {job.run.path} was made with, {key} {before}",
            received=f"{key} {now}",
            fix="give another --to, or remove that run",
        )
    check_same(read_origins(job.run), origins_of(job.recipe), f"run {job.run.path}")
    check_unchanged(job.run.facts, job.facts, str(job.run.path))
