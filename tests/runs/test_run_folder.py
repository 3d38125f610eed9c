import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kerasae.files.manifest import begin
from kerasae.files.reading import read_json
from kerasae.files.replacing import FILES
from kerasae.files.writing import write_json, written_whole
from kerasae.models.loading import check_without_rejection
from kerasae.recipe import Recipe
from kerasae.runs.folder import RunFolder, check_new
from kerasae.runs.origins import read_origins
from kerasae.utils.errors import RequestError


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "file.txt"
    with written_whole(target) as temporary:
        temporary.write_text("first")
        assert not target.exists()
        assert temporary.suffix == ".txt"

    def fail() -> None:
        with written_whole(target) as temporary:
            temporary.write_text("half of the sec")
            raise OSError(errno.ENOSPC, "disk full")

    with pytest.raises(OSError, match="disk full") as caught:
        fail()
    assert caught.value.filename == str(target)
    assert target.read_text() == "first"
    assert [path.name for path in target.parent.iterdir()] == ["file.txt"]


def test_a_folder_replaces_a_folder_whole(tmp_path: Path) -> None:
    target = tmp_path / "export"
    for content in ("old", "new"):
        with written_whole(target) as temporary:
            temporary.mkdir()
            (temporary / content).touch()
    assert {path.name for path in target.iterdir()} == {"new", FILES}
    assert [path.name for path in tmp_path.iterdir()] == ["export"]


def test_what_must_be_new_replaces_nothing_that_was_made_meanwhile(tmp_path: Path) -> None:
    target = tmp_path / "table.csv"

    def write() -> None:
        with written_whole(target, replaces=False) as temporary:
            temporary.write_text("ours")
            target.write_text("theirs")

    with pytest.raises(RequestError, match=r"table\.csv: expected a free name\. .* meanwhile; give another name"):
        write()
    assert target.read_text() == "theirs"
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


def test_a_file_does_not_replace_a_folder(tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    (tmp_path / "report.html" / "mine.txt").touch()
    with (
        pytest.raises(RequestError, match=r"expected a file at .*report\.html\. Received: a folder"),
        written_whole(tmp_path / "report.html") as temporary,
    ):
        temporary.write_text("ours")
    assert (tmp_path / "report.html" / "mine.txt").is_file()


def test_a_run_that_is_held_is_cleared_of_what_killed_processes_left(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from kerasae.files.unfinished import name_beside as beside;"
        "beside(Path(sys.argv[1], 'figures', 'curve.png')).touch(); beside(Path(sys.argv[1], 'export')).mkdir()"
    )
    (tmp_path / "figures").mkdir()
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    users = {".notes.2024", ".old.3", "figures/.keep.1.png"}
    for name in users:
        (tmp_path / name).touch()
    with RunFolder(tmp_path).alone("exporting"):
        pass
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")} == {"figures", *users}


def test_json_refuses_nan(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"value": float("nan")})
    assert not list(tmp_path.iterdir())
    write_json(tmp_path / "a.json", {"value": 1})
    assert read_json(tmp_path / "a.json") == {"value": 1}


def test_runs_without_a_name_are_numbered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert [str(RunFolder.create(None, "joint").path) for _ in range(2)] == ["runs/joint-001", "runs/joint-002"]


def test_an_existing_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"^--to: .* exists already; give another name$"):
        check_new(tmp_path, "--to")
    (tmp_path / "recipe.json").touch()
    with pytest.raises(RequestError, match="exists already; add --resume to go on with it, or give another name"):
        check_new(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_place_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(RequestError, match="expected a place that can be written to"):
        check_new(tmp_path / "run")


def test_a_place_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RequestError, match="expected a place that can be written to"):
        check_new(tmp_path / "file" / "run")


def test_opening_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="which does not exist"):
        RunFolder.open(tmp_path / "none")
    with pytest.raises(RequestError, match=r"holds no recipe\.json"):
        RunFolder.open(tmp_path)
    (tmp_path / "recipe.json").write_text("{}")
    with pytest.raises(RequestError, match=r"holds no model\.keras; finish it with: kerasae train --run .* --resume"):
        RunFolder.open(tmp_path)
    assert RunFolder.open(tmp_path, trained=False).recipe.seed == 0


def test_a_damaged_or_missing_file_of_a_run_takes_one_line(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"expected data\.json in .*\. Received: no such file; put it back"):
        read_json(tmp_path / "data.json")
    (tmp_path / "data.json").write_text("{")
    with pytest.raises(RequestError, match=r"data\.json as .* a damaged file"):
        read_json(tmp_path / "data.json")


@pytest.mark.parametrize(
    ("modes", "data", "expected"),
    [
        ({"L": 9}, {}, "auto"),
        ({"L": 8, "I;16": 1}, {}, [0, 65535]),
        ({"I;16": 9}, {"range": [0, 4095]}, [0, 4095]),
        ({"I;16": 9}, {"range": "auto"}, "auto"),
        (None, {}, "auto"),
    ],
)
def test_a_run_without_a_range_maps_values_as_its_version_did(
    tmp_path: Path, modes: dict[str, int] | None, data: dict[str, object], expected: object
) -> None:
    run = RunFolder(tmp_path)
    tree = Recipe().model_dump(mode="json")
    del tree["data"]["range"]
    write_json(run.recipe_file, tree | {"data": tree["data"] | data})
    if modes is not None:
        write_json(run.data_facts, {"modes": modes})
    assert run.recipe.data.range == expected


def test_origins_that_were_removed_are_not_taken_for_an_older_run(tmp_path: Path) -> None:
    assert read_origins(RunFolder(tmp_path)) is None
    begin(tmp_path)
    write_json(RunFolder(tmp_path).origins, {"plugins": {}, "start_from": {}})
    assert read_origins(RunFolder(tmp_path)) == {"plugins": {}, "start_from": {}}
    RunFolder(tmp_path).origins.unlink()
    with pytest.raises(RequestError, match=r"expected origins\.json in .*, where kerasae wrote it"):
        read_origins(RunFolder(tmp_path))


def test_metrics_that_were_changed_do_not_stop_the_model_from_which_they_are_made_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = RunFolder(tmp_path)
    begin(tmp_path)
    write_json(run.metrics, {"test": {"rejection": {}}})
    with pytest.raises(RequestError, match=r"lacks rejection\.keras, without which every answer would be accepted"):
        check_without_rejection(run)
    run.metrics.write_text('{"test": {}}')
    check_without_rejection(run)
    said = capsys.readouterr().err
    assert "make it again with: kerasae evaluate" in said
    assert "has no rejection and does not say whether it should" in said
