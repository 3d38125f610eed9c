"""unknown.json: what is written is read back, and sub-folders say which images they belong to."""

import dataclasses
import json
from pathlib import Path

import pytest

from kerasae.evaluation.rejection import ClassRejectionRate, RejectionRate
from kerasae.ood.measurement import ClassThreshold, OodMeasurement, read_all, sources_in
from kerasae.ood.scores import Separation
from kerasae.utils.errors import RequestError

ONE_THRESHOLD = OodMeasurement(
    title="photographs",
    source="/data/photographs",
    num_known=10,
    num_unknown=5,
    num_broken=1,
    threshold=3.5,
    thresholds=None,
    known_rejected=RejectionRate(0.1, [0.0, 0.4]),
    known_rejected_by_class=[ClassRejectionRate("cat", 10, 0.1, [0.0, 0.4])],
    unknown_rejected=RejectionRate(0.8, [0.3, 1.0]),
    scores={"joined": Separation(auroc=0.9, aupr=0.8, fpr_at_95_tpr=0.2)},
    area_under_risk_coverage={"joined": 0.05},
)
BY_CLASS = dataclasses.replace(
    ONE_THRESHOLD, threshold=None, thresholds={"cat": ClassThreshold(3.5, True)}, area_under_risk_coverage=None
)


@pytest.mark.parametrize("measurement", [ONE_THRESHOLD, BY_CLASS], ids=["one threshold", "by class"])
def test_what_is_written_is_read_back(measurement: OodMeasurement) -> None:
    folder = Path("unknown", "photographs")
    measurement.write(folder)
    assert OodMeasurement.read(folder) == measurement
    assert read_all(Path("unknown")) == {"photographs": measurement}
    assert sources_in(Path("unknown")) == {"photographs": "/data/photographs"}


def test_the_file_keeps_the_keys_of_earlier_versions() -> None:
    ONE_THRESHOLD.write(Path())
    content = json.loads(Path("unknown.json").read_text())
    assert content["unknown"] == "photographs"
    assert content["asked"] == "/data/photographs"
    assert content["threshold"] == 3.5
    assert "thresholds" not in content
    assert content["scores"] == {"joined": {"auroc": 0.9, "aupr": 0.8, "fpr_at_95_tpr": 0.2}}


def test_a_damaged_file_is_named() -> None:
    Path("unknown.json").write_text('{"scores": 3}')
    with pytest.raises(RequestError, match=r"unknown\.json as .* a damaged file \(expected 'scores' as dict\)"):
        OodMeasurement.read(Path())
