from pathlib import Path

import pytest

from kerasae.generation import judge_training


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(judge_training, "TRAINING_STEPS", 200)  # a judge of digits is then mostly right
