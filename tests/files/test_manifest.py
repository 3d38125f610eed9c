import errno
import json
import multiprocessing
from pathlib import Path

import pytest

from kerasae.files import manifest
from kerasae.files.manifest import FILE, LOCK, begin, check, check_all, forget, is_listed, seal
from kerasae.files.writing import write_json, write_text, written_whole
from kerasae.utils.errors import RequestError


class Killed(BaseException):
    pass


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "run"
    path.mkdir()
    begin(path)
    return path


def listed(folder: Path) -> dict[str, list[str]]:
    files: dict[str, list[str]] = json.loads((folder / FILE).read_text())["files"]
    return files


def test_what_is_written_is_listed_and_a_change_is_refused(folder: Path) -> None:
    for text in ("first", "second"):
        write_text(folder / "deep" / "a.txt", text)
        assert check(folder / "deep" / "a.txt", "mend it")
        assert listed(folder) == {"deep/a.txt": [manifest.digest(folder / "deep" / "a.txt")]}
    (folder / "deep" / "a.txt").write_text("third")
    message = rf"deep/a\.txt as .* a changed file.*; mend it\. If the change is yours, remove .*run/{FILE}"
    with pytest.raises(RequestError, match=message):
        check(folder / "deep" / "a.txt", "mend it")
    write_text(folder / "deep" / "a.txt", "fourth")
    assert check(folder / "deep" / "a.txt", "mend it")
    (folder / "deep" / "a.txt").unlink()
    with pytest.raises(
        RequestError, match=r"expected a\.txt in .*/deep, where kerasae wrote it\. Received: no such file; mend it"
    ):
        check(folder / "deep" / "a.txt", "mend it")
    (folder / "deep" / "a.txt").mkdir()
    with pytest.raises(RequestError, match=r"a\.txt as kerasae wrote it\. Received: a changed file"):
        check(folder / "deep" / "a.txt", "mend it")


def test_what_is_not_listed_is_not_checked(folder: Path, tmp_path: Path) -> None:
    (folder / "mine.txt").write_text("a note")
    assert not check(folder / "mine.txt", "")
    assert not check(folder / "never.txt", "")
    write_text(tmp_path / "elsewhere.txt", "no run")
    assert not is_listed(tmp_path / "elsewhere.txt")
    assert {path.name for path in tmp_path.iterdir()} == {"run", "elsewhere.txt"}


def test_another_softwares_manifest_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"name": "an app"}')
    write_text(tmp_path / "a.txt", "text")
    assert (tmp_path / FILE).read_text() == '{"name": "an app"}'
    assert not check(tmp_path / "a.txt", "")


@pytest.mark.parametrize("moves", range(7))
def test_a_kill_at_any_step_leaves_a_file_that_is_accepted(
    moves: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every step is a move: of the list with both contents, of the file, of the list with the new content alone."""
    write_text(folder / "a.txt", "old")
    replace, count = Path.replace, 0

    def killed(self: Path, target: Path) -> Path:
        nonlocal count
        count += 1
        if count > moves:
            raise Killed
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", killed)
    try:
        write_text(folder / "a.txt", "new")
        write_text(folder / "a.txt", "newer")
    except Killed:
        assert moves < 6
    monkeypatch.undo()
    assert (folder / "a.txt").read_text() == ["old", "old", "new", "new", "new", "newer", "newer"][moves]
    assert check(folder / "a.txt", "")
    write_text(folder / "a.txt", "at last")
    assert check(folder / "a.txt", "")
    assert len(listed(folder)["a.txt"]) == 1
    assert {path.name for path in folder.iterdir()} == {FILE, LOCK, "a.txt"}


def test_a_file_from_before_the_manifest_may_be_replaced_and_killed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.txt").write_text("old")
    replace = Path.replace

    def killed(self: Path, target: Path) -> Path:
        if target.name == "a.txt":
            raise Killed
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(Killed):
        write_text(folder / "a.txt", "new")
    assert (folder / "a.txt").read_text() == "old"
    assert check(folder / "a.txt", "")


def _writes(folder: Path, name: str) -> None:
    for number in range(20):
        write_text(folder / name, f"{name} {number}")


def test_processes_that_write_at_once_lose_no_digest(folder: Path) -> None:
    context = multiprocessing.get_context("spawn")
    names = [f"{index}.txt" for index in range(4)]
    processes = [context.Process(target=_writes, args=(folder, name)) for name in names]
    for process in processes:
        process.start()
    while any(process.is_alive() for process in processes):  # a reader meanwhile never sees a change
        for name in names:
            check(folder / name, "")
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert listed(folder) == {name: [manifest.digest(folder / name)] for name in names}


def test_it_is_written_on_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    begin(tmp_path)
    write_text(tmp_path / "a.txt", "a")
    assert is_listed(tmp_path / "a.txt")


def test_a_folder_is_listed_file_by_file(folder: Path) -> None:
    for names in (("a", "b"), ("b", "c")):
        with written_whole(folder / "images") as temporary:
            temporary.mkdir()
            for name in names:
                (temporary / name).write_text(name)
                write_json(temporary / f"{name}.json", name)  # not listed under the temporary name
        assert set(listed(folder)) == {f"images/{name}{end}" for name in names for end in ("", ".json")}
    (folder / "images" / "c").write_text("changed")
    with pytest.raises(RequestError, match=r"images/c as kerasae wrote it\. Received: a changed file"):
        check(folder / "images" / "c", "")


def test_a_sealed_folder_answers_for_itself_and_to_its_run(folder: Path, tmp_path: Path) -> None:
    for target, content in ((folder / "export", "ours"), (tmp_path / "theirs", "theirs")):
        with written_whole(target) as temporary:
            temporary.mkdir()
            (temporary / "deep").mkdir()
            (temporary / "deep" / "a").write_text(content)
            seal(temporary)
        assert check_all(target, "")
    assert set(listed(folder)) == {f"export/{FILE}"}
    write_text(folder / "export" / "answers.csv", "what a user wrote there")
    assert check_all(folder / "export", "")
    (folder / "export" / "deep" / "a").unlink()
    with pytest.raises(
        RequestError, match=r"expected a in .*/deep, where kerasae wrote it\. Received: no such file; export again"
    ):
        check_all(folder / "export", "export again")
    (folder / "export").rename(folder / "aside")
    (tmp_path / "theirs").rename(folder / "export")
    with pytest.raises(RequestError, match=rf"export/{FILE} as kerasae wrote it\. Received: a changed file"):
        check_all(folder / "export", "export again")
    (folder / "export").rename(tmp_path / "theirs")
    assert check_all(tmp_path / "theirs", "")  # away from the run it stands for itself


def test_a_removed_file_is_forgotten(folder: Path) -> None:
    write_text(folder / "a.txt", "text")
    (folder / "a.txt").unlink()
    forget(folder / "a.txt")
    assert not is_listed(folder / "a.txt")
    assert not check(folder / "a.txt", "")


def test_a_run_from_before_gets_its_manifest_at_the_next_write(tmp_path: Path) -> None:
    for name in ("recipe.json", "data.json", "environment.json", "model.keras", "notes.txt"):
        (tmp_path / name).write_text(name)
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "last.npz").write_text("weights")
    assert not check(tmp_path / "model.keras", "")
    write_text(tmp_path / "metrics.json", "{}")
    names = {"recipe.json", "data.json", "environment.json", "model.keras", "metrics.json", "checkpoints/last.npz"}
    assert set(listed(tmp_path)) == names
    (tmp_path / "model.keras").write_text("another run's")
    with pytest.raises(RequestError, match=r"model\.keras as kerasae wrote it\. Received: a changed file"):
        check(tmp_path / "model.keras", "")
    (tmp_path / FILE).unlink()  # what the message says for a change of one's own
    assert not check(tmp_path / "model.keras", "")
    write_text(tmp_path / "metrics.json", "{}")
    assert check(tmp_path / "model.keras", "")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"kerasae_manifest": 1}', '{"kerasae_manifest": 9, "files": {}}'])
def test_a_damaged_manifest_is_named(tmp_path: Path, content: str) -> None:
    for name in ("recipe.json", "data.json", "environment.json"):
        (tmp_path / name).write_text(name)
    (tmp_path / FILE).write_text(content)
    message = rf"{FILE} as kerasae wrote it\. Received: a damaged file; put it back, or remove it"
    with pytest.raises(RequestError, match=message):
        check(tmp_path / "recipe.json", "")
    with pytest.raises(RequestError, match=message):
        write_text(tmp_path / "metrics.json", "{}")
    assert {path.name for path in tmp_path.iterdir()} - {LOCK} == {*manifest.MARKS, FILE}


def test_the_working_folder_may_be_inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    write_text(Path("a.txt"), "text")
    assert check(Path("a.txt"), "")
    (folder / "deep").mkdir()
    monkeypatch.chdir(folder / "deep")
    assert check(Path("../a.txt"), "")
    assert not list(Path().iterdir())
