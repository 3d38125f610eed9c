from __future__ import annotations

from pathlib import Path

import pytest

from kerasae.data.sources import open_source
from kerasae.recipe import DataRecipe
from kerasae.utils.errors import RequestError


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("cifar01", "Received: 'cifar01', which is not there. Did you mean 'cifar10'"),
        ("{tmp}/pictures.npy", "which is not there. Did you mean 'pictures.npz'"),
        ("{tmp}/notes.txt", "a file of another kind"),
        ("{tmp}/no/such/place", "which is not there"),
        ("a\0b", "cannot be read|which is not there"),
        ("x" * 5000, "cannot be read: .*File name too long|which is not there"),
    ],
)
def test_no_such_source(source: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pictures.npz").touch()
    (tmp_path / "notes.txt").touch()
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    with pytest.raises(RequestError, match=message) as caught:
        open_source(DataRecipe(source=source.format(tmp=tmp_path)))
    assert "\n" not in str(caught.value)


def test_a_known_name_comes_before_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "digits").mkdir()
    monkeypatch.chdir(tmp_path)
    assert len(open_source(DataRecipe(source="digits")).parts["train"]) == 1797
    with pytest.raises(RequestError, match="expected images in digits"):
        open_source(DataRecipe(source="./digits"))
