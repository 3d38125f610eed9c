from pathlib import Path

import pytest

from kerasae.generation import judge


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(judge, "STEPS", 200)  # enough for a judge of digits that is right most of the time
