"""Results of trials in their files."""

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest

from kerasae.experiments.search.objective import Objective
from kerasae.experiments.search.results import Execution, TrialResult, best_result, read_results, trial_folder
from kerasae.utils.errors import RequestError

RESULT = TrialResult(
    "0003", {"model.tied": True, "model.dropout": 0.25, "phases.0.augment": [{"name": "crop"}]}, "pruned", score=0.5,
    epochs=2, seconds=1.5, parameters=1000, latency_ms=0.25, metrics={"val_label_accuracy": 0.5},
    executions=(Execution("seed-0", 0.5, (None, 0.5)),), continues="0001",
)  # fmt: skip


def test_a_result_is_read_as_it_was_written(tmp_path: Path) -> None:
    defaults = {item.name for item in fields(RESULT) if getattr(RESULT, item.name) == item.default}
    assert defaults == {"reason"}
    for result in (RESULT, TrialResult.failed("0003", {"a": 1}, "ValueError: two\n lines")):
        result.write(tmp_path)
        assert TrialResult.read(tmp_path) == result
    assert result.reason == "ValueError: two lines"


def test_the_keys_of_the_file_stay() -> None:
    """Searches of earlier versions are resumed."""
    assert list(RESULT.to_json()) == [
        *("id", "values", "status", "reason", "score", "epochs", "seconds", "parameters", "latency_ms", "measures"),
        *("executions", "continues"),
    ]
    assert RESULT.to_json()["executions"] == [{"name": "seed-0", "value": 0.5, "course": [None, 0.5]}]


@pytest.mark.parametrize("damage", [{"executions": [{"name": "seed-0"}]}, {"score_": 1}, {"values": None}])
def test_a_damaged_result_is_named(damage: dict, tmp_path: Path) -> None:
    (tmp_path / "outcome.json").write_text(json.dumps({**RESULT.to_json(), **damage}))
    with pytest.raises(
        RequestError, match=r"outcome\.json as .* a damaged file \(expected .*\); put it back from a copy, or give"
    ):
        TrialResult.read(tmp_path)


def test_results_are_read_by_id_without_those_to_skip(tmp_path: Path) -> None:
    for id in ("0002", "0000", "0001"):
        replace(RESULT, id=id).write(trial_folder(tmp_path, id))
    (tmp_path / "trial_0003").mkdir()  # not finished
    (tmp_path / "trial_0000_backup").mkdir()
    assert [result.id for result in read_results(tmp_path)] == ["0000", "0001", "0002"]
    assert [result.id for result in read_results(tmp_path, skip={"0001"})] == ["0000", "0002"]


def test_the_best_result_is_the_first_of_the_best_completed_trials() -> None:
    scores = {"0000": 0.25, "0001": 0.75, "0002": 0.75}
    results = [replace(RESULT, id=id, status="completed", score=score) for id, score in scores.items()]
    results += [replace(RESULT, id="0003", score=0.9), TrialResult.failed("0004", {}, "x")]
    larger, smaller = (best_result(results, Objective({name: 1.0})) for name in ("val_label_accuracy", "val_loss"))
    assert larger is not None
    assert smaller is not None
    assert (larger.id, smaller.id) == ("0001", "0000")
    assert best_result(results[3:], Objective({"val_loss": 1.0})) is None
