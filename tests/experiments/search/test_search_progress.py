"""What a person reads of a search under way."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from kerasae.experiments.search import progress
from kerasae.experiments.search.kerastuner.oracles import make_oracle
from kerasae.experiments.search.planning import plan_search
from kerasae.experiments.search.progress import ProgressDisplay
from kerasae.experiments.search.results import TrialResult
from kerasae.recipe.loading import load


def test_the_time_left_is_no_longer_than_what_is_left_of_the_limit(task: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    search = plan_search("tiny", load("tiny.toml", ["search.max_seconds=60"]))
    oracle = make_oracle(search.settings, search.space, search.objective, search.epochs)
    oracle.open(search.folder, search.num_trials, search.settings.max_seconds)
    said = io.StringIO()
    with ProgressDisplay(search, oracle, [], Console(file=said, width=200)) as display:
        for number, seconds in enumerate((5, 45, 20)):
            clock[0] += seconds
            display.add(TrialResult(f"{number:04d}", {}, "completed", score=0.5))
    left = [line.rpartition("; ")[2] for line in said.getvalue().splitlines()]
    assert left == ["25.0 s left", "10.0 s left", "best 0.5 (0000)"]


def test_a_trial_that_failed_before_it_was_trained_is_told_by_its_reason_alone(task: Path) -> None:
    search = plan_search("tiny", load("tiny.toml"))
    oracle = make_oracle(search.settings, search.space, search.objective, search.epochs)
    said = io.StringIO()
    with ProgressDisplay(search, oracle, [], Console(file=said, width=200)) as display:
        display.add(TrialResult.failed("0000", {}, "too large."))
    assert said.getvalue().startswith("trial 1 of 6 (0000): failed: too large; ")
