"""A recipe for the tiny task, a run for it, its history, and how to kill one."""

import csv
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasae.data.collection import Collection
from kerasae.files.writing import write_json
from kerasae.recipe import Recipe
from kerasae.recipe.loading import parse
from kerasae.runs.folder import RunFolder
from kerasae.training.callbacks import history_writer


def make(folder: Path, *phases: dict, **more: object) -> tuple[RunFolder, Recipe]:
    model = {
        "encoder": {"name": "baseline", "filters": [4, 4]},
        "classifier": {"name": "baseline", "filters": [8], "dense": []},
    }
    defaults = {"epochs": 2, "batch_size": 8, "optimizer": {"name": "adam", "learning_rate": 0.01}}
    recipe = parse(
        {"model": model, "precision": "float32", "phases": [{**defaults, **phase} for phase in phases], **more}
    )
    run = RunFolder.create(folder, "test")
    write_json(run.recipe_file, recipe.model_dump(mode="json"))
    return run, recipe


def rows(run: RunFolder) -> list[dict[str, str]]:
    """Return the history of a run, without its times."""
    with run.history.open() as file:
        untimed = ("seconds", "images_per_second")
        return [{key: value for key, value in row.items() if key not in untimed} for row in csv.DictReader(file)]


class Killed(BaseException):
    """What a kill between two epochs looks like from inside."""


@contextmanager
def killed_after(epochs: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Kill the training inside: the history has the last of the epochs already, the checkpoint does not."""
    write = history_writer.write_text

    def kill(path: Path, text: str) -> None:
        write(path, text)
        if len(text.splitlines()) == epochs + 1:
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(history_writer, "write_text", kill)
        with pytest.raises(Killed):
            yield


def killed_and_resumed(
    folder: Path,
    uninterrupted: RunFolder,
    weights: Sequence[np.ndarray],
    train: Callable[[RunFolder, Recipe, Collection], keras.Model],
    collection: Collection,
    epochs: int,
    monkeypatch: pytest.MonkeyPatch,
) -> RunFolder:
    """Train as `whole` was in a new run, killed after some epochs, and check that it comes to the same bytes."""
    broken = RunFolder.create(folder, "test")
    shutil.copy(uninterrupted.recipe_file, broken.recipe_file)
    with killed_after(epochs, monkeypatch):
        train(broken, uninterrupted.recipe, collection)
    for expected, actual in zip(weights, train(broken, uninterrupted.recipe, collection).get_weights(), strict=True):
        np.testing.assert_array_equal(expected, actual)
    assert rows(broken) == rows(uninterrupted)
    return broken
