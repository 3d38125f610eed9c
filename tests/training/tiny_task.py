"""A recipe for the tiny task, and a run for it."""

from pathlib import Path

from kerasae.recipe import Recipe
from kerasae.recipe_file import parse
from kerasae.runs import Run, write_json


def make(folder: Path, *phases: dict, **more: object) -> tuple[Run, Recipe]:
    model = {
        "encoder": {"name": "baseline", "filters": [4, 4]},
        "classifier": {"name": "baseline", "filters": [8], "dense": []},
    }
    defaults = {"epochs": 2, "batch_size": 8, "optimizer": {"name": "adam", "learning_rate": 0.01}}
    recipe = parse(
        {"model": model, "precision": "float32", "phases": [{**defaults, **phase} for phase in phases], **more}
    )
    run = Run.create(folder, "test")
    write_json(run.recipe_file, recipe.model_dump(mode="json"))
    return run, recipe
