"""keras-tuner's algorithms, killed at every moment that there is: the same trials in the same order, none twice."""

import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from kerasae.experiments.search.algorithm import TrialSpec
from kerasae.experiments.search.kerastuner import resumable_oracle
from kerasae.experiments.search.kerastuner.hyperband import hyperband_schedule
from kerasae.experiments.search.kerastuner.hyperparameters import hyperparameters
from kerasae.experiments.search.kerastuner.oracles import make_oracle
from kerasae.experiments.search.kerastuner.resumable_oracle import ResumableOracle
from kerasae.experiments.search.objective import Objective, objective_of
from kerasae.experiments.search.results import TrialResult, read_results, trial_folder
from kerasae.experiments.search.space import Space
from kerasae.recipe import Range
from kerasae.recipe.loading import load

SPACE = """search.space={
    "phases.0.optimizer" = ["adam", "sgd"],
    "phases.0.optimizer.momentum" = { range = [0.5, 0.9], step = 0.2, when = { "phases.0.optimizer" = ["sgd"] } },
    "model.tied" = [true, false],
    "model.encoder.filters" = { depth = [1, 2], width = { range = [16, 48], step = 16 } }
}""".replace("\n", " ")
ALGORITHMS = {"random": 20, "grid": 20, "bayesian": 14, "hyperband": None}


class Searching:
    """A search of made-up scores in a folder, of which every process can be the last."""

    def __init__(self, algorithm: str, folder: Path) -> None:
        self.recipe = load("joint", [SPACE, f'search.algorithm="{algorithm}"'])
        assert self.recipe.search is not None
        assert self.recipe.search.space is not None
        self.space = Space(self.recipe.search.space)
        self.folder, self.limit = folder, ALGORITHMS[algorithm]
        folder.mkdir()
        self.oracle = self.started()

    def started(self) -> ResumableOracle:
        assert self.recipe.search is not None
        oracle = make_oracle(self.recipe.search, self.space, objective_of(self.recipe), 9)
        oracle.open(self.folder, self.limit, None)
        return oracle

    def killed(self) -> None:
        self.oracle = self.started()

    def outcome(self, trial: TrialSpec) -> TrialResult:
        values = dict(trial.values)
        score = random.Random(f"{sorted(values.items())} {trial.max_epochs}").random()
        failed = int(trial.id) in (3, 4, 5, 6)  # four in a row, of which keras-tuner bears two
        return TrialResult.failed(trial.id, values, "x") if failed else TrialResult(
            trial.id, values, "completed", score=score)  # fmt: skip

    def search(self, kills: Iterator[int]) -> list[tuple[str, dict]]:
        while (trial := self.oracle.next_trial("a worker")) is not None:
            kill = next(kills)
            if kill == 1:  # inside the trial
                self.killed()
                continue
            outcome = self.outcome(trial)
            outcome.write(trial_folder(self.folder, trial.id))
            if kill == 2:  # after the trial, before the algorithm has heard of it
                self.killed()
                continue
            self.oracle.settle(outcome)
            if kill == 3:  # between two trials
                self.killed()
        return [(one.id, one.values) for one in read_results(self.folder)]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_search_that_is_killed_again_and_again_has_the_same_trials(algorithm: str, tmp_path: Path) -> None:
    whole = Searching(algorithm, tmp_path / "whole").search(iter(lambda: 0, 1))
    broken = Searching(algorithm, tmp_path / "broken")
    kills = random.Random(0)
    found = broken.search(iter(lambda: kills.choice([0, 0, 1, 2, 3]), None))
    assert found == whole
    assert len(whole) >= 10
    oracle = broken.started()
    assert oracle.is_over
    assert sorted(oracle.end_order) == [id for id, _ in found]
    if algorithm == "hyperband":  # which trains the best of them again, for longer
        assert len(whole) == hyperband_schedule(9, 3).num_trials  # a failed trial costs no promotion
    else:
        assert len({str(values) for _, values in whole}) == len(whole)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_trial_that_the_state_does_not_know_is_drawn_again(algorithm: str, tmp_path: Path) -> None:
    one = Searching(algorithm, tmp_path / "one")
    for _ in range(3):
        trial = one.oracle.next_trial("a worker")
        assert trial is not None
        outcome = one.outcome(trial)
        outcome.write(trial_folder(one.folder, outcome.id))
        one.oracle.settle(outcome)
    state = (one.folder / "oracle.json").read_bytes()
    drawn = one.oracle.next_trial("a worker")
    (one.folder / "oracle.json").write_bytes(state)  # as if it had been killed before the state was written
    one.killed()
    assert drawn is not None
    assert one.oracle.next_trial("a worker") == drawn


def test_a_grid_goes_through_every_combination(tmp_path: Path) -> None:
    searching = Searching("grid", tmp_path / "grid")
    searching.limit = searching.space.size
    searching.oracle = searching.started()
    kills = itertools.cycle([0, 0, 0, 0, 0, 0, 0, 0, 3])
    found = searching.search(kills)
    assert len(found) == searching.space.size == (1 + 3) * 2 * (3 + 9)
    assert len({str(values) for _, values in found}) == len(found)


def test_a_grid_has_trials_for_several_workers(tmp_path: Path) -> None:
    oracle = Searching("grid", tmp_path / "grid").oracle
    begun = [trial for name in ("a", "b", "c", "d") if (trial := oracle.next_trial(name)) is not None]
    assert len(begun) == 4
    assert len({str(trial.values) for trial in begun}) == 4


def test_random_draws_find_every_combination_of_a_small_space(tmp_path: Path) -> None:
    searching = Searching("random", tmp_path / "random")
    searching.limit = searching.space.size
    searching.oracle = searching.started()
    assert len(searching.search(itertools.repeat(0))) == searching.space.size


def test_neighbouring_seeds_draw_other_values(tmp_path: Path) -> None:
    drawn = []
    for seed in (0, 1, 2):
        recipe = load("joint", ['search.space={"model.dropout" = { range = [0.0, 0.5] }}', f"search.seed={seed}"])
        assert recipe.search is not None
        assert recipe.search.space is not None
        oracle = make_oracle(recipe.search, Space(recipe.search.space), objective_of(recipe), 9)
        (tmp_path / f"{seed}").mkdir()
        oracle.open(tmp_path / f"{seed}", 10, None)
        trials = [trial for number in range(10) if (trial := oracle.next_trial(str(number))) is not None]
        drawn += [trial.values["model.dropout"] for trial in trials]
    assert len(set(drawn)) == 30


def test_steps_of_a_logarithmic_range_end_where_it_ends() -> None:
    (one,) = hyperparameters(Space(ranges({"range": [1e-8, 1e-6], "step": 10.0, "log": True}))).space
    assert list(one.values) == pytest.approx([1e-8, 1e-7, 1e-6])
    (one,) = hyperparameters(Space(ranges({"range": [0.0, 0.5], "step": 0.1}))).space
    assert list(one.values) == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4, 0.5])


def ranges(one: dict) -> dict[str, Range]:
    return {"phases.0.optimizer.weight_decay": Range.model_validate(one)}


def test_no_state_has_a_trial_that_has_ended_and_is_ongoing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be trained again by whoever takes up such a state."""
    searching = Searching("random", tmp_path / "random")
    written, write = [], resumable_oracle.write_text

    def keep(path: Path, text: str) -> None:
        write(path, text)
        written.extend([json.loads(text)] if path.name == "oracle.json" else [])

    monkeypatch.setattr(resumable_oracle, "write_text", keep)
    trial = searching.oracle.next_trial("a worker")
    assert trial is not None
    searching.oracle.settle(searching.outcome(trial))
    assert [(state["end_order"], len(state["ongoing_trials"])) for state in written] == [([], 1), (["0000"], 0)]


def test_a_lost_trial_is_given_to_another_worker_and_given_up_when_it_is_lost_again(tmp_path: Path) -> None:
    one = Searching("random", tmp_path / "one")
    first = one.oracle.next_trial("a")
    other = one.oracle.next_trial("b")
    assert first is not None
    assert other is not None
    assert one.oracle.give_back("a", "killed") is None
    assert one.oracle.next_trial("c") == first
    one.killed()
    outcome = None
    for worker in "defg":
        if one.oracle.next_trial(worker) == first:
            outcome = one.oracle.give_back(worker, "killed by a test")
    assert outcome is not None
    assert outcome.status == "failed"
    assert outcome.reason == "its process was lost 2 times: killed by a test"
    assert first.id in one.oracle.end_order
    assert other.id not in one.oracle.end_order


def test_a_lost_worker_that_had_finished_loses_nothing(tmp_path: Path) -> None:
    one = Searching("random", tmp_path / "one")
    trial = one.oracle.next_trial("a")
    assert trial is not None
    one.outcome(trial).write(trial_folder(one.folder, trial.id))
    outcome = one.oracle.give_back("a", "killed")
    assert outcome is not None
    assert outcome.status == "completed"
    assert one.oracle.end_order == [trial.id]


def test_no_trial_begins_after_the_time_is_over(tmp_path: Path) -> None:
    one = Searching("random", tmp_path / "one")
    one.oracle.max_seconds = 1e-6
    assert one.oracle.create_trial("a").status == "STOPPED"
    assert one.oracle.is_over


def test_the_same_seed_draws_the_same(tmp_path: Path) -> None:
    drawn = [Searching("random", tmp_path / name).oracle.next_trial("a") for name in "ab"]
    assert drawn[0] is not None
    assert drawn[0] == drawn[1]


def test_the_direction_reaches_the_algorithm(tmp_path: Path) -> None:
    one = Searching("random", tmp_path / "one")
    assert one.recipe.search is not None
    oracle = make_oracle(one.recipe.search, one.space, Objective({"val_reconstruction_loss": 1.0}), 9)
    assert oracle.objective.direction == "min"
