"""One trial: trained for real, interrupted and continued, and what makes it fail."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasae.data.collection_cache import Opener
from kerasae.experiments.search import trial as trials
from kerasae.experiments.search.algorithm import TrialSpec
from kerasae.experiments.search.plan import SearchPlan, limit_epochs
from kerasae.experiments.search.planning import plan_search
from kerasae.experiments.search.results import TrialResult, trial_folder
from kerasae.experiments.search.trial import run_trial
from kerasae.recipe.loading import load
from kerasae.runs.folder import RunFolder
from kerasae.runs.history import read_history

RATE = "phases.0.optimizer.learning_rate"
VALUES = {RATE: 0.01, "phases.0.optimizer.weight_decay": 0.0}


def searching(name: str, *overrides: str) -> SearchPlan:
    search = plan_search(name, load("tiny.toml", overrides))
    search.folder.mkdir(parents=True, exist_ok=True)
    search.write()
    return search


def numbers(outcome: TrialResult) -> TrialResult:
    return replace(outcome, seconds=0.0, id="")


class Killed(BaseException):
    pass


def test_a_trial_that_is_killed_inside_ends_as_if_it_had_not_been(task: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    search, opener = searching("a", 'search.objective="macro_f1"'), Opener()
    whole = run_trial(search, TrialSpec("0000", VALUES), opener)
    assert (whole.status, whole.epochs, len(whole.executions[0].curve)) == ("completed", 4, 4)
    assert whole.score == max(whole.executions[0].curve)  # type: ignore[type-var]
    assert whole.metrics["val_label_macro_f1"] == whole.score
    assert {"val_label_accuracy", "val_reconstruction_loss", "val_loss"} <= set(whole.metrics)
    assert TrialResult.read(trial_folder(search.folder, "0000")) == whole
    assert not list(search.folder.glob("trial_*/*/checkpoints"))

    class Kill(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: object = None) -> None:
            if epoch == 1:
                raise Killed

    train = trials.train_phases
    monkeypatch.setattr(trials, "train_phases", lambda *a, **more: train(*a, **{**more, "watching": lambda: [Kill()]}))
    with pytest.raises(Killed):
        run_trial(search, TrialSpec("0001", VALUES), opener)
    assert TrialResult.read(trial_folder(search.folder, "0001")) is None
    monkeypatch.setattr(trials, "train_phases", train)
    assert numbers(run_trial(search, TrialSpec("0001", VALUES), opener)) == numbers(whole)


def test_hyperband_goes_on_where_the_earlier_trial_stopped(task: Path) -> None:
    search, opener = searching("a", 'search.algorithm="hyperband"'), Opener()
    whole = run_trial(search, TrialSpec("0000", VALUES), opener)
    short = run_trial(search, TrialSpec("0001", VALUES, max_epochs=1), opener)
    assert (short.status, short.epochs) == ("completed", 1)
    rest = run_trial(search, TrialSpec("0002", VALUES, max_epochs=4, continues="0001"), opener)
    assert (rest.epochs, rest.continues) == (3, "0001")
    assert rest.executions == whole.executions
    assert short.executions[0].curve == whole.executions[0].curve[:1]


def test_hyperband_goes_on_from_a_trial_that_was_killed_before_its_checkpoint(task: Path, monkeypatch) -> None:
    search = searching("a", 'search.algorithm="hyperband"', "phases.0.restore_best=false")
    opener = Opener()
    whole = run_trial(search, TrialSpec("0000", VALUES), opener)

    def kill(*arguments: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("kerasae.training.callbacks.Checkpoint.on_epoch_end", kill)
        with pytest.raises(Killed):
            run_trial(search, TrialSpec("0001", VALUES, max_epochs=1), opener)
    assert len(read_history(RunFolder(trial_folder(search.folder, "0001") / "seed-0").history)) == 1
    assert run_trial(search, TrialSpec("0001", VALUES, max_epochs=1), opener).epochs == 1
    rest = run_trial(search, TrialSpec("0002", VALUES, max_epochs=4, continues="0001"), opener)
    assert rest.executions == whole.executions


def test_a_model_over_a_limit_fails_with_its_reason_and_trains_nothing(task: Path) -> None:
    search = searching("a", "search.max_parameters=100")
    outcome = run_trial(search, TrialSpec("0000", VALUES), Opener())
    assert (outcome.status, outcome.score, outcome.epochs) == ("failed", None, 0)
    assert outcome.reason is not None
    assert outcome.reason.endswith("parameters, over search.max_parameters 100")
    slow = run_trial(searching("b", "search.max_latency_ms=1e-6"), TrialSpec("0000", VALUES), Opener())
    assert "ms an image, over search.max_latency_ms 1e-06" in str(slow.reason)
    able = run_trial(
        searching("c", "search.max_latency_ms=1e6", "phases.0.epochs=1"), TrialSpec("0000", VALUES), Opener()
    )
    assert able.latency_ms is not None
    assert 0 < able.latency_ms < 1e6


def test_a_defect_is_a_failed_trial_too(task: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    def break_down(*arguments: object, **more: object) -> None:
        raise KeyError("no such thing\nand more")

    monkeypatch.setattr(trials, "train_phases", break_down)
    outcome = run_trial(searching("a"), TrialSpec("0000", VALUES), Opener())
    assert outcome.status == "failed"
    assert outcome.reason == "KeyError: 'no such thing\\nand more'"
    assert "Traceback" in capsys.readouterr().err


def test_folds_and_executions_are_averaged(task: Path, pretended) -> None:
    pretended(lambda recipe, epoch: 0.1 * epoch + 0.01 * recipe.seed + 0.001 * recipe.data.fold[0])
    search = searching("a", "search.executions_per_trial=2", "search.folds=3")
    outcome = run_trial(search, TrialSpec("0000", VALUES), Opener())
    assert [one.run_name for one in outcome.executions] == [f"fold-{k}-seed-{s}" for s in (0, 1) for k in range(3)]
    assert outcome.score == pytest.approx(0.4 + 0.005 + 0.001)
    assert outcome.epochs == 6 * 4
    folds = [
        RunFolder(trial_folder(search.folder, "0000") / one.run_name).recipe.data.fold for one in outcome.executions
    ]
    assert folds == [[0, 3], [1, 3], [2, 3]] * 2


def test_a_poor_trial_is_pruned_and_stays_so_when_it_is_killed_before_it_could_say_so(task: Path, pretended) -> None:
    pretended(lambda recipe, epoch: epoch * recipe.phases[0].optimizer.options["learning_rate"])
    search, opener = searching("a", "search.prune={startup=2, warmup=1}"), Opener()
    for number, rate in enumerate((0.02, 0.04)):
        assert run_trial(search, TrialSpec(f"000{number}", {**VALUES, RATE: rate}), opener).status == "completed"
    outcome = run_trial(search, TrialSpec("0002", {**VALUES, RATE: 0.025}), opener)
    assert (outcome.status, outcome.epochs) == ("pruned", 2)
    assert outcome.score == pytest.approx(0.05)
    (trial_folder(search.folder, "0002") / "outcome.json").unlink()
    assert run_trial(search, TrialSpec("0002", outcome.values), opener) == outcome
    assert run_trial(search, TrialSpec("0003", {**VALUES, RATE: 0.035}), opener).status == "completed"
    assert len(read_history(RunFolder(trial_folder(search.folder, "0002") / "seed-0").history)) == 2


def test_max_epochs_shares_out_the_epochs_of_all_phases(task: Path) -> None:
    recipe = load("study-c/fine-tune")
    assert [phase.epochs for phase in limit_epochs(recipe, 21).phases] == [15, 1, 5]
    assert limit_epochs(recipe, 210) == recipe
    assert np.sum([phase.epochs for phase in limit_epochs(recipe, 1).phases]) == 3  # one each at least
