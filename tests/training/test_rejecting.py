from pathlib import Path

import numpy as np
import pytest
from command_line import Typed

from kerasae.models import load_trained
from kerasae.runs import Run, read_json


def test_a_run_keeps_what_it_rejects(digits_run: Path) -> None:
    run = Run.open(digits_run)
    metrics = read_json(run.metrics)
    with np.load(run.predictions) as saved:
        accepted, score = saved["accepted"], saved["anomaly_score"]
    np.testing.assert_array_equal(accepted, score <= float(load_trained(run).rejection.threshold))
    found = metrics["test"]["rejection"]
    assert found["rejected"] == (~accepted).sum()
    assert found["rejected_interval"][0] <= found["rejected_share"] <= found["rejected_interval"][1]
    # The strokes of a digit are dark there: a network that has seen none has little to say.
    assert metrics["variants"]["negative"]["rejection"]["rejected_share"] > 5 * max(found["rejected_share"], 0.01)


def test_a_rate_that_validation_is_too_small_for_is_refused(typed: Typed, tmp_path: Path) -> None:
    code, _, err = typed("train", "--run", tmp_path / "r", "--set", "rejection.false_positive_rate=0.001")
    assert code == 2
    assert "rejection.false_positive_rate: 0.001 takes 999 validation pictures or more. Received: 1" in err
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("rate", ["0", "1", "-0.1"])
def test_a_rate_is_a_share(typed: Typed, rate: str) -> None:
    code, _, err = typed("train", "--set", f"rejection.false_positive_rate={rate}")
    assert code == 2
    assert "rejection.false_positive_rate" in err
