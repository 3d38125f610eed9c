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
from kerasae.experiments.search.kerastuner.oracles import Oracle
from kerasae.experiments.search.kerastuner.resumable_oracle import notes_of, values_of
from kerasae.experiments.search.outcome import Outcome
from kerasae.experiments.search.plan import Search
from kerasae.experiments.search.trial import run_trial
from kerasae.files.writing import write_text
from kerasae.recipe import Recipe
from kerasae.runs.history import rows_to_csv
from kerasae.runs.run import Run

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

    def run(oracle: Oracle, folder: Path, *, tell: Callable[[Outcome], object], **more: object) -> None:
        search, opener = Search.read(folder), Opener()
        while (trial := oracle.create_trial("here")).status == "RUNNING":
            done.append(trial.trial_id)
            outcome = run_trial(search, trial.trial_id, values_of(trial, search.space), opener, notes_of(trial))
            oracle.settle(outcome)
            tell(outcome)

    monkeypatch.setattr("kerasae.experiments.search.tune.run", run)
    return done


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Recipe, int], float]], None]:
    """Put a formula in the place of training: from a recipe and an epoch, counted from 1, to the accuracy there."""

    def pretend(formula: Callable[[Recipe, int], float]) -> None:
        def train(run: Run, recipe: Recipe, collection: object, *, watching: Callable[[], list], **more: Any) -> None:
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
        monkeypatch.setattr(trials, "costs", lambda *arguments: (1000, None))
        monkeypatch.setattr(trials, "_forget", lambda: None)  # it takes longer than all the rest

    return pretend


@pytest.fixture
def quiet() -> Console:
    return Console(quiet=True)
