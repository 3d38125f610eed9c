"""data.json holds the facts about images; files of earlier versions lack some of them and are read all the same."""

import json
from pathlib import Path

import pytest

from kerasae.runs.data_facts import (
    BrokenFile,
    DataFacts,
    DuplicateGroup,
    DuplicateTotals,
    ImageSizes,
    LearnedBefore,
    ScanCounts,
    SplitCounts,
    ValueFacts,
)
from kerasae.runs.folder import RunFolder
from kerasae.utils.errors import RequestError

OLDER = {
    "source": "digits",
    "class_names": ["0", "1"],
    "sizes": {"median": [8, 8], "smallest": [8, 8], "largest": [8, 8]},
    "modes": {"L": 9},
    "image_shape_rule": "the arrays' own",
    "quarantine": [],
    "ignored": {},
    "scan": None,
    "duplicates": [],
    "duplicate_totals": {"groups": 0, "across_splits": 0, "surplus_pictures": 0, "labels_differ": 0},
    "fingerprint": "64de",
    "counts": {"train": {"total": 9, "classes": {"0": 5, "1": 3}, "unlabelled": 1}},
    "class_weights": {"0": 0.75, "1": 1.5},
    "image_shape": [8, 8, 1],
    "storage": "memory",
}
FULL = DataFacts(
    source="folder",
    class_names=("good",),
    sizes=ImageSizes((20.5, 30.0), (8, 9), (40, 50)),
    modes={"RGB": 3},
    image_shape_rule="chosen",
    quarantine=(BrokenFile("a.png", "an empty file"),),
    ignored={"hidden": 1},
    scan=ScanCounts(3, 0, "cache.json"),
    split_folders={"train": "train"},
    masks={"hole": "ground_truth/hole"},
    values=ValueFacts(0.0, 255.0, (0.0, 255.0), "range"),
    duplicates=(DuplicateGroup("bytes", 2, ("train: a", "test: b")),),
    duplicate_totals=DuplicateTotals(1, 1, 1, 0),
    in_train={"validation": 0, "test": 1},
    fingerprint="a",
    counts={"train": SplitCounts(3, {"good": 3}, 0)},
    normal=("good",),
    unknown={"hole": 4},
    class_weights={"good": 1.0},
    image_shape=(32, 32, 3),
    storage="streamed",
    start_from=LearnedBefore(1, 2, ("runs/a",)),
)


def through_json(facts: DataFacts) -> dict:
    return json.loads(json.dumps(facts.to_json(), allow_nan=False))


def test_a_file_of_an_earlier_version_is_read_and_written_as_it_was() -> None:
    facts = DataFacts.from_json(OLDER)
    assert facts.unknown is None
    assert facts.counts["train"].labelled == 8
    assert through_json(facts) == OLDER
    assert list(through_json(facts)) == list(OLDER)


def test_every_fact_is_written_and_read() -> None:
    assert len(through_json(FULL)) == len(DataFacts.__dataclass_fields__)
    assert DataFacts.from_json(through_json(FULL)) == FULL


@pytest.mark.parametrize("change", [{"image_shape": "8x8"}, {"quarantine": [3]}, {"counts": {"train": 9}}])
def test_a_fact_of_another_type_names_the_file(tmp_path: Path, change: dict[str, object]) -> None:
    (tmp_path / "data.json").write_text(json.dumps(OLDER | change))
    with pytest.raises(RequestError, match=r"data\.json as kerasae wrote it\. Received: a damaged file"):
        RunFolder(tmp_path).facts  # noqa: B018
