import subprocess
import sys
from pathlib import Path

import pytest

from kerasae.files import replacing
from kerasae.files.replacing import FILES, read_whole
from kerasae.files.writing import written_whole
from kerasae.utils.errors import RequestError

WRITER = """
import sys
from pathlib import Path
from kerasae.files.writing import written_whole

number = 0
while True:
    number += 1
    with written_whole(Path(sys.argv[1])) as temporary:
        (temporary / "variables").mkdir(parents=True)
        for name in ("saved_model.pb", "variables/a", "variables/b"):
            (temporary / name).write_text(str(number))
"""


def write(target: Path, *names: str) -> None:
    with written_whole(target) as temporary:
        for name in names:
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            (temporary / name).write_text("ours")


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(params=["exchange", "two moves"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "two moves":
        monkeypatch.setattr(replacing.ctypes, "CDLL", lambda *arguments, **more: object())


@pytest.mark.usefixtures("system")
def test_what_others_have_put_into_a_folder_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "pictures"
    write(target, "prior/cat/0.png", "prior/cat/1.png")
    (target / "prior" / "cat" / "mine.png").write_text("mine")
    (target / "notes" / "a").mkdir(parents=True)
    (target / "notes" / "a" / "b.txt").write_text("mine")
    (target / "elsewhere").symlink_to(tmp_path)
    for _ in range(2):
        write(target, "prior/cat/0.png")
        assert names(target) == {FILES, "prior/cat/0.png", "prior/cat/mine.png", "notes/a/b.txt"}
        assert (target / "prior" / "cat" / "mine.png").read_text() == "mine"
        assert (target / "elsewhere").readlink() == tmp_path
        assert [path.name for path in tmp_path.iterdir()] == ["pictures"]


@pytest.mark.parametrize("case", ["a folder of an earlier version", "a name of both", "a file where a folder is now"])
@pytest.mark.usefixtures("system")
def test_what_cannot_be_told_apart_stays_under_another_name(
    tmp_path: Path, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "export"
    write(target, "a.png")
    mine = {"a name of both": "b.png", "a file where a folder is now": "folder"}.get(case, "mine.txt")
    (target / mine).write_text("mine")
    if case.startswith("a folder"):
        (target / FILES).unlink()
    write(target, "b.png", "folder/c.png")
    assert names(target) == {FILES, "b.png", "folder/c.png"}
    assert (target / "b.png").read_text() == "ours"
    assert (tmp_path / "export.before-1" / mine).read_text() == "mine"
    assert "are in" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["export", "export.before-1"]


def test_a_folder_does_not_replace_a_file(tmp_path: Path) -> None:
    (tmp_path / "export").write_text("mine")
    with pytest.raises(RequestError, match=r"expected a folder at .*export\. Received: a file"):
        write(tmp_path / "export", "a.png")
    assert (tmp_path / "export").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["export"]


def test_a_folder_that_cannot_be_moved_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replacing.ctypes, "CDLL", lambda *arguments, **more: object())
    target = tmp_path / "export"
    write(target, "a.png")
    rename = Path.rename

    def fail(path: Path, new: Path) -> Path:
        if new == target and ".kerasae-new-" in path.name:
            raise OSError(5, "input/output error")
        return rename(path, new)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="input/output error"):
        write(target, "b.png")
    assert names(target) == {FILES, "a.png"}
    assert [path.name for path in tmp_path.iterdir()] == ["export"]


def test_a_reader_beside_a_writer_reads_the_old_or_the_new(tmp_path: Path) -> None:
    target = tmp_path / "export"

    def read(folder: Path) -> list[str]:
        return [(folder / name).read_text() for name in ("saved_model.pb", "variables/a", "variables/b")]

    with subprocess.Popen([sys.executable, "-c", WRITER, str(target)]) as writer:
        while not target.exists():
            assert writer.poll() is None
        seen = set()
        for _ in range(300):
            first, *others = read_whole(target, read)
            assert set(others) == {first}
            seen.add(first)
        writer.kill()
    assert len(seen) > 1


def test_a_reader_is_told_what_is_wrong_with_the_folder_itself(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="saved_model"):
        read_whole(tmp_path, lambda folder: (folder / "saved_model.pb").read_text())


def test_a_folder_that_never_stays_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replacing, "WAIT_SECONDS", 0)
    with pytest.raises(RequestError, match="one that is replaced again and again"):
        read_whole(tmp_path / "export", lambda folder: write(folder, "a.png"))
