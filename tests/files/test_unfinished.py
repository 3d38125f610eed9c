import os
import subprocess
import sys
from pathlib import Path

import pytest

from kerasae.files import unfinished
from kerasae.files.unfinished import name_beside, remove_unfinished, remove_unfinished_of

USERS = (".notes.2024", ".backup.2024", ".keep.1.png", ".old.3", ".x.kerasae-1", ".a.kerasae-new.png", ".hidden")


def written_by_a_dead_process(target: Path, kind: str = "new", *, folder: bool = False) -> Path:
    code = "import sys; from pathlib import Path; from kerasae.files.unfinished import name_beside; "
    code += "print(name_beside(Path(sys.argv[1]), sys.argv[2]))"
    done = subprocess.run([sys.executable, "-c", code, str(target), kind], check=True, capture_output=True, text=True)
    path = Path(done.stdout.rstrip("\n"))
    path.mkdir() if folder else path.touch()
    return path


def test_only_what_dead_processes_of_ours_were_writing_is_removed(tmp_path: Path) -> None:
    for name in USERS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine.txt").touch()
    name_beside(tmp_path / "model.keras").touch()
    kept = set(tmp_path.rglob("*"))
    (tmp_path / "export").mkdir()
    kept.add(tmp_path / "export")
    written_by_a_dead_process(tmp_path / "model.keras")
    written_by_a_dead_process(tmp_path / "export" / "1", folder=True)
    assert len(list(tmp_path.rglob("*"))) == len(kept) + 2
    remove_unfinished(tmp_path)
    assert set(tmp_path.rglob("*")) == kept


def test_another_process_of_the_same_number_does_not_keep_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = name_beside(tmp_path / "a.npz")
    earlier = own.with_name(own.name.replace(f"-{os.getpid()}-", f"-{os.getpid()}-1"))
    own.touch()
    earlier.touch()
    remove_unfinished(tmp_path)
    assert list(tmp_path.iterdir()) == [own]
    machine = unfinished._machine()
    monkeypatch.setattr(unfinished, "_machine", lambda: (machine[0], "0" * 8))  # started again since
    remove_unfinished(tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_another_host_writes_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = written_by_a_dead_process(tmp_path / "model.keras")
    machine = unfinished._machine()
    monkeypatch.setattr(unfinished, "_machine", lambda: ("0" * 8, machine[1]))
    remove_unfinished(tmp_path)
    assert list(tmp_path.iterdir()) == [left]


def test_an_old_folder_goes_back_to_its_place(tmp_path: Path) -> None:
    old = written_by_a_dead_process(tmp_path / "export", "old", folder=True)
    (old / "saved_model.pb").touch()
    remove_unfinished(tmp_path)
    assert [str(path.relative_to(tmp_path)) for path in sorted(tmp_path.rglob("*"))] == [
        "export",
        "export/saved_model.pb",
    ]
    written_by_a_dead_process(tmp_path / "export", "old", folder=True)
    remove_unfinished(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["export"]


def test_a_writer_removes_what_was_left_of_its_own_target_alone(tmp_path: Path) -> None:
    written_by_a_dead_process(tmp_path / "a.csv")
    other = written_by_a_dead_process(tmp_path / "b.csv")
    remove_unfinished_of(tmp_path / "a.csv")
    assert list(tmp_path.iterdir()) == [other]


def test_a_link_is_removed_without_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").touch()
    left = written_by_a_dead_process(tmp_path / "export")
    left.unlink()
    left.symlink_to(tmp_path / "mine", target_is_directory=True)
    remove_unfinished(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert (tmp_path / "mine" / "notes.txt").is_file()


def test_the_longest_name_can_be_written(tmp_path: Path) -> None:
    for stem in ("a" * 251, "漢" * 83):
        path = name_beside(tmp_path / f"{stem}.csv")
        path.touch()
        assert path.suffix == ".csv"
