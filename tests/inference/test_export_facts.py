"""assets.extra/kerasae.json: what is written is read back."""

import json
from pathlib import Path

import pytest

from kerasae.inference.export_facts import EXPORT_FACTS, ExportFacts
from kerasae.utils.errors import RequestError

PREDICTS = ExportFacts((8, 8, 1), ("no", "yes"), "fill", (0.0, 4095.0))
GENERATES = ExportFacts((8, 8, 1), ("no", "yes"), generates=True)


@pytest.mark.parametrize("facts", [PREDICTS, GENERATES], ids=["predicts", "generates"])
def test_what_is_written_is_read_back(facts: ExportFacts, tmp_path: Path) -> None:
    facts.write(tmp_path)
    read = ExportFacts.read(tmp_path, "export again")
    assert json.dumps(read.to_json()) == json.dumps(facts.to_json())
    assert read.generates == facts.generates


def test_the_file_keeps_the_keys_of_earlier_versions(tmp_path: Path) -> None:
    PREDICTS.write(tmp_path)
    assert json.loads((tmp_path / EXPORT_FACTS).read_text()) == {
        "image_shape": [8, 8, 1],
        "class_names": ["no", "yes"],
        "resize": "fill",
        "range": [0.0, 4095.0],
    }
    GENERATES.write(tmp_path)
    assert list(json.loads((tmp_path / EXPORT_FACTS).read_text())) == ["generates", "image_shape", "class_names"]


def test_other_saved_models_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"predict: expected a SavedModel that kerasae exported\. Received: .*"):
        ExportFacts.read(tmp_path, "export again")
