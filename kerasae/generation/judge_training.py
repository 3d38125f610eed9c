"""Trains a judge on the training images of a run, once, and keeps it in RUN/generated/judge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kerasae.files.manifest import begin as begin_manifest
from kerasae.files.writing import write_json
from kerasae.generation.judge import Judge, check_judge, load_judge
from kerasae.recipe.loading import load, parse
from kerasae.runs.environment import environment
from kerasae.runs.folder import RunFolder
from kerasae.training import fit
from kerasae.training.distribution import strategy
from kerasae.utils.console import stderr_console

if TYPE_CHECKING:
    from pathlib import Path

    from kerasae.data.collection import Collection
    from kerasae.recipe import Recipe

TRAINING_STEPS = 2_000  # rounded up to whole epochs
MIN_EPOCHS, MAX_EPOCHS = 3, 100


def load_or_train_judge(run: RunFolder, collection: Collection, path: Path | None = None) -> Judge | None:
    """Return the judge of a run.

    Args:
        run: whose images are judged.
        collection: the run's images.
        path: of another run that is the judge; None uses the run's own judge, and trains it if there is none yet.

    Returns:
        None if no judge can be trained: for fewer than two classes, or too few labelled images.

    Raises:
        RequestError: the run at `path` cannot judge, see `check_judge`.
    """
    if path is not None:
        check_judge(path, run)
        return load_judge(RunFolder.open(path), collection.class_names)
    num_classes = len(collection.class_names)
    if num_classes < 2 or (collection.train.labels >= 0).sum() < 2 * num_classes:
        return None
    judge_run = RunFolder(run.generated / "judge")
    if not judge_run.model.is_file():
        train_judge(judge_run, run, collection)
    return load_judge(judge_run, collection.class_names)


def train_judge(judge_run: RunFolder, run: RunFolder, collection: Collection) -> None:
    """Train the judge of a run, or continue an interrupted training.

    Args:
        judge_run: where the judge is kept.
        run: whose images are judged.
        collection: the run's images.
    """
    if judge_run.recipe_file.is_file():
        recipe = judge_run.recipe
    else:
        recipe = judge_recipe(run, collection, strategy(run.recipe.distribution.devices).num_replicas_in_sync)
    stderr_console().print(
        f"training a judge on the run's own images, {recipe.phases[0].epochs} epochs, once; kept in {judge_run.path}",
        soft_wrap=True,
    )
    judge_run.path.mkdir(parents=True, exist_ok=True)
    begin_manifest(judge_run.path)
    write_json(judge_run.data_facts, run.facts.to_json())
    write_json(judge_run.environment, environment(precision=recipe.precision, jit_compile=recipe.jit_compile))
    write_json(judge_run.recipe_file, recipe.model_dump(mode="json"))
    fit(judge_run, recipe, collection)


def judge_recipe(run: RunFolder, collection: Collection, num_replicas: int) -> Recipe:
    """Return the recipe `judge` for the images of a run, with the epochs that make `TRAINING_STEPS`.

    Args:
        run: whose images are judged.
        collection: the run's images.
        num_replicas: devices that share a batch, whose size is a multiple of it.
    """
    tree: dict[str, Any] = load("judge").model_dump(mode="json")
    data = run.recipe.data.model_dump(mode="json")
    tree["data"] = {**data, "class_weights": "none", "labelled_share": "natural"}
    tree |= {"precision": run.recipe.precision, "jit_compile": run.recipe.jit_compile}
    tree["distribution"] = run.recipe.distribution.model_dump(mode="json")
    if any(side % 4 for side in collection.image_shape[:2]):  # the convolutions halve both sides twice
        tree["model"] |= {"encoder": {"name": "mlp", "units": [512, 128]}, "classifier": {"name": "mlp", "dense": []}}
    phase = tree["phases"][0]
    num_labelled = int((collection.train.labels >= 0).sum())
    phase["batch_size"] = max(1, min(phase["batch_size"], num_labelled) // num_replicas) * num_replicas
    steps_per_epoch = max(1, num_labelled // phase["batch_size"])
    phase["min_steps"] = 0
    phase["epochs"] = int(np.clip(-(-TRAINING_STEPS // steps_per_epoch), MIN_EPOCHS, MAX_EPOCHS))
    return parse(tree)
