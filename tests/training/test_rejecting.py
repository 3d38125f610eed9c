import shutil
from pathlib import Path

import numpy as np
import pytest
from command_line import Typed

from kerasae.files.reading import read_json
from kerasae.files.writing import write_json
from kerasae.models import load_trained
from kerasae.runs.folder import RunFolder


def test_a_run_keeps_what_it_rejects(digits_run: Path) -> None:
    run = RunFolder.open(digits_run)
    metrics = read_json(run.metrics)
    with np.load(run.predictions) as saved:
        accepted, score = saved["accepted"], saved["anomaly_score"]
    np.testing.assert_array_equal(accepted, score <= float(load_trained(run).rejection.threshold))
    results = metrics["test"]["rejection"]
    assert results["rejected"] == (~accepted).sum()
    assert results["rejected_interval"][0] <= results["rejected_share"] <= results["rejected_interval"][1]
    rates = results["per_class"]
    assert [rate["name"] for rate in rates] == [*"0123456789"]
    assert sum(rate["support"] for rate in rates) == len(accepted)
    assert sum(rate["share"] * rate["support"] for rate in rates) == pytest.approx(results["rejected"])
    assert all(rate["interval"][0] <= rate["share"] <= rate["interval"][1] for rate in rates)
    page = run.report.read_text()
    assert "<h2>Rejection</h2>" in page
    assert 'data-metric="test.rejection.per_class.3.interval.1"' in page
    # The strokes of a digit are dark there: a network that has seen none has little to say.
    assert metrics["variants"]["negative"]["rejection"]["rejected_share"] > 5 * max(results["rejected_share"], 0.01)


def test_a_rate_that_validation_is_too_small_for_is_refused(typed: Typed, tmp_path: Path) -> None:
    code, _, err = typed("train", "--run", tmp_path / "r", "--set", "rejection.false_positive_rate=0.001")
    assert code == 2
    assert (
        "rejection.false_positive_rate: expected at least 999 validation images for a rate of 0.001. Received: 1" in err
    )
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("rate", ["0", "1", "-0.1"])
def test_a_rate_is_a_share(typed: Typed, rate: str) -> None:
    code, _, err = typed("train", "--set", f"rejection.false_positive_rate={rate}")
    assert code == 2
    assert "rejection.false_positive_rate" in err


@pytest.fixture
def copied(digits_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(digits_run, tmp_path / "copied"))


def test_a_run_says_that_it_has_a_rejection(digits_run: Path) -> None:
    facts = read_json(RunFolder(digits_run).rejection_facts)
    assert facts == {
        "fitted": True,
        "false_positive_rate": 0.05,
        "num_validation": read_json(RunFolder(digits_run).data_facts)["counts"]["validation"]["total"],
        "calibration": "folds",
        "by_class": False,
    }


@pytest.mark.parametrize("older", [False, True])
def test_a_missing_rejection_is_said_and_fitted_again(typed: Typed, copied: Path, older: bool) -> None:
    run = RunFolder(copied)
    metrics = read_json(run.metrics)
    run.rejection.unlink()
    if older:  # which wrote no facts, but measured
        run.rejection_facts.unlink()
    for verb in ("report", "evaluate", "explore"):
        code, _, err = typed(verb, copied)
        assert code == 2
        assert err.strip() == (
            f"kerasae: run: {copied} lacks rejection.keras, without which every answer would be accepted; put it "
            f"back, or fit it again with: kerasae train --run {copied} --resume"
        )
    code, _, err = typed("train", "--run", copied, "--resume")
    assert code == 0, err
    assert read_json(run.metrics)["test"]["rejection"] == metrics["test"]["rejection"]
    assert run.export.is_dir()
    assert read_json(run.rejection_facts)["fitted"]


def test_a_run_that_does_not_say_opens_with_a_line(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = RunFolder(copied)
    for file in (run.rejection, run.rejection_facts, run.metrics):
        file.unlink()
    assert load_trained(run).rejection is None
    assert "has no rejection and does not say whether it should" in capsys.readouterr().err
    write_json(run.rejection_facts, {"fitted": False, "reason": "few"})
    assert load_trained(run).rejection is None
    assert not capsys.readouterr().err


def test_thresholds_by_class_in_a_run(typed: Typed, tmp_path: Path) -> None:
    sets = [
        "phases.0.epochs=1",
        "phases.0.schedule=constant",
        "model.encoder.filters=[4, 8]",
        "rejection.by_class=true",
    ]
    path = tmp_path / "r"
    code, _, err = typed("train", "--run", path, *(word for entry in sets for word in ("--set", entry)))
    assert code == 0, err
    facts = read_json(RunFolder(path).rejection_facts)
    assert facts["shared_threshold"]  # few of ten classes can have 19 of so few images
    assert f"rejection.by_class: {len(facts['shared_threshold'])} of 10 classes share one threshold" in err
    code, _, err = typed("evaluate", path, "--unknown", "invert")
    assert code == 0, err
    results = read_json(path / "unknown" / "invert" / "unknown.json")
    shared = [name for name, entry in results["thresholds"].items() if not entry["own"]]
    assert shared == facts["shared_threshold"]
    assert (
        results["known_rejected"]["share"] == read_json(RunFolder(path).metrics)["test"]["rejection"]["rejected_share"]
    )


def test_thresholds_by_class_take_a_label_head(typed: Typed, tmp_path: Path) -> None:
    code, _, err = typed("train", "autoencoder", "--run", tmp_path / "r", "--set", "rejection.by_class=true")
    assert code == 2
    assert "rejection.by_class: expected a recipe that trains a label head. Received: true, and the heads" in err
    assert not (tmp_path / "r").exists()
