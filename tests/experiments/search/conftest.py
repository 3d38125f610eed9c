"""A tiny task in a file, recipes to search, trials that take place in this process, and trainings that only pretend."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bright_halves import write_task
from rich.console import Console

from kerasae.data.collection_cache import Opener
from kerasae.experiments.search import trial as trials
from kerasae.experiments.search.algorithm import SearchAlgorithm
from kerasae.experiments.search.constraints import ModelCost
from kerasae.experiments.search.plan import SearchPlan
from kerasae.experiments.search.planning import plan_search
from kerasae.experiments.search.results import TrialResult
from kerasae.experiments.search.trial import run_trial
from kerasae.files.writing import write_text
from kerasae.recipe import Recipe
from kerasae.recipe.loading import load
from kerasae.runs.folder import RunFolder
from kerasae.runs.history import rows_to_csv

RECIPE = """
title = "tiny"
precision = "float32"
[data]
source = "task.npz"
validation = 0.25
[model]
encoder = { name = "baseline", filters = [4, 4] }
classifier = { name = "baseline", filters = [8], dense = [] }
[[phases]]
epochs = 4
batch_size = 8
optimizer = { name = "adam", learning_rate = 0.01 }
[search]
max_trials = 6
[search.space]
"phases.0.optimizer.learning_rate" = { range = [1e-3, 1e-1], log = true }
"phases.0.optimizer.weight_decay" = [0.0, 1e-3]
"""


@pytest.fixture
def task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with task.npz, bright on the left or on the right, and tiny.toml, to be searched."""
    monkeypatch.chdir(tmp_path)
    write_task(Path("task.npz"))
    Path("tiny.toml").write_text(RECIPE)
    return tmp_path


@pytest.fixture
def drawn() -> None:
    """Let the figures be drawn, which takes seconds."""


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> list[str]:
    """Let a search's trials take place in this process, without figures but for `drawn`; lists those that did."""
    done: list[str] = []
    if "drawn" not in request.fixturenames:
        monkeypatch.setattr("kerasae.experiments.search.report.draw", lambda *arguments: {})

    def run_trials(
        algorithm: SearchAlgorithm, folder: Path, *, on_result: Callable[[TrialResult], object], **more: object
    ) -> None:
        plan, opener = SearchPlan.read(folder), Opener()
        while (spec := algorithm.next_trial("here")) is not None:
            done.append(spec.id)
            result = run_trial(plan, spec, opener)
            algorithm.settle(result)
            on_result(result)

    monkeypatch.setattr("kerasae.experiments.search.tune.run_trials", run_trials)
    return done


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Recipe, int], float]], None]:
    """Put a formula in the place of training: from a recipe and an epoch, counted from 1, to the accuracy there."""

    def pretend(formula: Callable[[Recipe, int], float]) -> None:
        def train(
            run: RunFolder, recipe: Recipe, collection: object, *, watching: Callable[[], list], **more: Any
        ) -> None:
            rows: list[dict[str, Any]] = []
            if run.history.is_file():
                with run.history.open() as file:
                    rows = list(csv.DictReader(file))
            for epoch in range(len(rows) + 1, recipe.phases[0].epochs + 1):
                accuracy = formula(recipe, epoch)
                rows.append({"epoch": epoch, "phase": "joint", "seconds": 1.0, "val_label_accuracy": accuracy,
                             "val_reconstruction_loss": 1 - accuracy, "loss": 0.0})  # fmt: skip
                run.checkpoints.mkdir(exist_ok=True)
                write_text(run.history, rows_to_csv(rows))
                for callback in watching():
                    callback.on_epoch_end(epoch - 1)

        monkeypatch.setattr(trials, "train_phases", train)
        monkeypatch.setattr(trials, "check_fit", lambda *arguments: None)
        monkeypatch.setattr(trials, "measure_cost", lambda *arguments: ModelCost(1000))
        monkeypatch.setattr(trials, "free_memory", lambda: None)  # it takes longer than all the rest

    return pretend


@pytest.fixture
def quiet() -> Console:
    return Console(quiet=True)


@pytest.fixture
def started(task: Path) -> Callable[..., SearchPlan]:
    """Plan a search of tiny.toml with overrides, and write the plan into its folder."""

    def start(*overrides: str, name: str = "tiny") -> SearchPlan:
        plan = plan_search(name, load("tiny.toml", overrides))
        plan.folder.mkdir(parents=True, exist_ok=True)
        plan.write()
        return plan

    return start
