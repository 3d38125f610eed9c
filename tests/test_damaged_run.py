"""Files of a run that were changed, damaged or removed: named in one line, or left out where nothing needs them."""

import json
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
from command_line import Typed
from PIL import Image

from kerasae.exploration.latents import ImageLatents
from kerasae.exploration.neighbors import training_latents
from kerasae.files.manifest import FILE
from kerasae.files.reading import read_bytes, read_csv, read_image, read_json, read_npz
from kerasae.files.writing import write_json, written_whole
from kerasae.models import load_trained
from kerasae.report.report_figure import read_report_figures
from kerasae.report.run_artifacts import RunArtifacts
from kerasae.runs.folder import RunFolder
from kerasae.runs.history import read_history, read_rows
from kerasae.utils.errors import RequestError
from kerasae.workflows import train
from kerasae.workflows.opening import open_run
from kerasae.workflows.predict import predict

Damage = Callable[[Path], None]


@pytest.fixture
def run(digits_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a whole run, in the working folder."""
    monkeypatch.chdir(tmp_path)
    Image.new("L", (8, 8)).save("black.png")
    return shutil.copytree(digits_run, Path("run"))


@pytest.fixture
def old(run: Path) -> Path:
    """The same run as if it was made before there were manifests."""
    for path in run.rglob(FILE):
        path.unlink()
    return run


def opens(run: Path) -> None:
    """Do what evaluate, explore, export and generate begin with."""
    open_run(run)


def reports(run: Path) -> None:
    RunArtifacts.read(RunFolder(run), open_run(run).collection)


def predicts(run: Path) -> None:
    predict(run, [Path("black.png")])


def serves(run: Path) -> None:
    predict(run / "export", [Path("black.png")])


def resumes(run: Path) -> None:
    train.resume(run)


def finishes(run: Path) -> None:
    """Resume as if the run was killed before its model was written."""
    (run / "model.keras").unlink()
    train.resume(run)


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def garbage(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 8)


def removed(path: Path) -> None:
    path.unlink()


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def other_weights(path: Path) -> None:
    model = keras.saving.load_model(path, compile=False)
    model.set_weights([weight + 0.1 for weight in model.get_weights()])
    model.save(path)


def other_arrays(path: Path) -> None:
    np.savez(path, **{name: array if array.dtype.kind == "U" else array + 1 for name, array in np.load(path).items()})


def edited(change: Callable[[dict], object]) -> Damage:
    def edit(path: Path) -> None:
        content = json.loads(path.read_text())
        change(content)
        path.write_text(json.dumps(content))

    return edit


CHANGED = r"as kerasae wrote it\. Received: a changed file"
TAMPERED: dict[str, tuple[str, Damage, list[Callable[[Path], None]]]] = {
    "another run's model": ("model.keras", other_weights, [opens, predicts, resumes, reports]),
    "another rejection": ("rejection.keras", other_weights, [opens, predicts, resumes]),
    "classes reversed": ("data.json", edited(lambda facts: facts["class_names"].reverse()), [opens, predicts, resumes]),
    "another resizing": ("recipe.json", edited(lambda tree: tree["data"].update(resize="pad")), [opens, predicts]),
    "another seed": ("recipe.json", edited(lambda tree: tree["data"].update(seed=7)), [resumes, reports]),
    "another checkpoint": ("checkpoints/last.npz", other_arrays, [finishes]),
    "better metrics": ("metrics.json", edited(lambda tree: tree["test"]["label"].update(accuracy=1.0)), [reports]),
    "other answers": ("predictions.npz", other_arrays, [reports]),
    "export, classes": (
        "export/assets.extra/kerasae.json",
        edited(lambda about: about["class_names"].reverse()),
        [serves],
    ),
    "export, graph": ("export/saved_model.pb", garbage, [serves]),
    "export, weights": ("export/variables/variables.data-00000-of-00001", truncated, [serves]),
    "export, manifest": (f"export/{FILE}", edited(lambda tree: tree["files"].clear()), [serves]),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_a_changed_file_is_never_answered_from(run: Path, name: str) -> None:
    file, change, users = TAMPERED[name]
    change(run / file)
    for use in users:
        with pytest.raises(RequestError, match=rf"^run: expected run/{re.escape(file)} {CHANGED}"):
            use(run)


USERS: dict[str, Callable[[Path], None]] = {
    "recipe.json": opens,
    "data.json": predicts,
    "model.keras": opens,
    "rejection.keras": opens,
    "metrics.json": reports,
    "predictions.npz": reports,
    "checkpoints/last.npz": finishes,
    "export/assets.extra/kerasae.json": serves,
    "export/saved_model.pb": serves,
    "export/variables/variables.index": serves,
}


@pytest.mark.parametrize("damage", [truncated, emptied, garbage, a_folder])
@pytest.mark.parametrize("file", USERS)
def test_a_damaged_file_is_named(run: Path, file: str, damage: Damage) -> None:
    damage(run / file)
    with pytest.raises(RequestError, match=rf"^run: .*{re.escape(Path(file).name)}.*; |holds no {file}"):
        USERS[file](run)


@pytest.mark.parametrize("damage", [truncated, emptied, garbage, a_folder])
@pytest.mark.parametrize("file", USERS)
def test_a_damaged_file_of_an_older_run_is_named(old: Path, file: str, damage: Damage) -> None:
    damage(old / file)
    name = re.escape(Path(file).name)
    with pytest.raises(
        RequestError,
        match=rf"^(run|predict): .*({name}|run/export as kerasae wrote it|without assets|a SavedModel of another form)",
    ):
        USERS[file](old)


@pytest.mark.parametrize("file", ["rejection.keras", "metrics.json", "predictions.npz", "data.json"])
def test_a_removed_file_is_named(run: Path, file: str) -> None:
    removed(run / file)
    with pytest.raises(
        RequestError,
        match=rf"^run: (expected {file} in run, where kerasae|run lacks {file}, without which every answer would be )",
    ):
        USERS[file](run)


@pytest.mark.parametrize("content", ["[]", "null", "{}", '{"class_names": 3}', '"text"', "[" * 100_000])
def test_facts_of_an_older_run_with_missing_or_wrong_keys_are_named(old: Path, content: str) -> None:
    (old / "data.json").write_text(content)
    with pytest.raises(
        RequestError, match=r"^run: expected run/data\.json as .* a damaged file \(.*; put it back or train a new run$"
    ):
        predicts(old)


@pytest.mark.parametrize("content", ["[]", "{}", '{"image_shape": 8, "class_names": [], "resize": "pad"}'])
def test_facts_of_an_older_export_with_missing_or_wrong_keys_are_named(old: Path, content: str) -> None:
    (old / "export/assets.extra/kerasae.json").write_text(content)
    with pytest.raises(
        RequestError, match=r"kerasae\.json as .* a damaged file .*; make the export again with: kerasae export"
    ):
        serves(old)


def test_an_older_run_opens_with_one_line(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    opens(old)
    predicts(old)
    serves(old)
    said = capsys.readouterr().err.splitlines()
    parts = [line for line in said if "made before manifests: its files are not checked" in line]
    assert [line.split(":")[0] for line in parts] == ["run", "export"]


def test_edited_metrics_are_measured_again(run: Path, typed: Typed) -> None:
    before = json.loads((run / "metrics.json").read_text())["test"]["label"]
    edited(lambda tree: tree["test"]["label"].update(accuracy=1.0))(run / "metrics.json")
    (run / "predictions.npz").unlink()
    code, _, err = typed("report", run)
    assert code == 2
    assert "metrics.json as kerasae wrote it. Received: a changed file" in err
    assert "make it again with: kerasae evaluate run" in err
    assert typed("evaluate", run)[0] == 0
    assert json.loads((run / "metrics.json").read_text())["test"]["label"] == before


def test_a_model_and_a_rejection_that_are_removed_are_made_again(run: Path) -> None:
    weights = load_trained(RunFolder(run)).model.get_weights()
    threshold = float(load_trained(RunFolder(run)).rejection.threshold)
    for names in (["model.keras"], ["rejection.keras"], ["model.keras", "rejection.keras"]):
        for name in names:
            (run / name).unlink()
        with pytest.raises(RequestError, match="kerasae train --run run --resume"):
            predicts(run)
        train.resume(run)
        again = load_trained(RunFolder(run))
        for weight, one in zip(again.model.get_weights(), weights, strict=True):
            np.testing.assert_array_equal(weight, one)
        assert float(again.rejection.threshold) == threshold


@pytest.mark.parametrize("damage", [truncated, emptied, garbage, removed, a_folder])
def test_history_and_environment_are_left_out_of_a_report(
    run: Path, damage: Damage, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("history.csv", "environment.json"):
        damage(run / name)
    artifacts = RunArtifacts.read(RunFolder(run), open_run(run).collection)
    assert (len(artifacts.history), artifacts.environment) == (0, {})
    if damage is not removed:
        said = capsys.readouterr().err
        for name in ("history.csv", "environment.json"):
            assert f"left out: run: expected run/{name} as kerasae wrote it. Received: a changed file" in said
            assert "put it back, or remove it and go on without" in said


@pytest.mark.parametrize(
    "content",
    ["epoch,loss\n1,0.5\n", "epoch,phase,loss\n1,joint\n", "epoch,phase,loss\n1,joint,x\n", "epoch,phase\n1,joint,2\n"],
)
def test_a_damaged_history_without_a_manifest_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "history.csv").write_text(content)
    with pytest.raises(RequestError, match=r"history\.csv as kerasae wrote it\. Received: a damaged file \("):
        read_history(tmp_path / "history.csv")


def test_training_goes_on_only_with_its_course_so_far(run: Path, old: Path) -> None:
    assert len(read_rows(RunFolder(run), 2)) == 2
    assert read_rows(RunFolder(run), 0) == []
    with pytest.raises(
        RequestError, match=r"expected 3 epochs, found 2\); .* remove run/checkpoints to train from the "
    ):
        read_rows(RunFolder(run), 3)
    removed(run / "history.csv")
    with pytest.raises(RequestError, match=r"expected history\.csv in run\. Received: no such file; "):
        read_rows(RunFolder(run), 1)


def test_kept_latents_that_changed_are_computed_again(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    opened = open_run(run)
    found = training_latents(opened.run, opened.model.model, opened.collection)
    path = run / "explore" / "training.npz"
    read = training_latents(opened.run, None, opened.collection)  # type: ignore[arg-type]  # no model: from the file
    assert read is not None
    other_arrays(path)
    np.testing.assert_array_equal(
        training_latents(opened.run, opened.model.model, opened.collection).latent, found.latent
    )
    assert f"left out: run: expected {path} as kerasae wrote it. Received: a changed file" in capsys.readouterr().err
    assert ImageLatents.read(path).label.tolist() == found.label.tolist()


def test_a_damaged_figure_is_left_out_of_a_page(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = {"title": "", "caption": "", "alt": "", "width": 1.0, "height": 1.0}
    write_json(run / "f" / "figures.json", [{"name": name, **words} for name in "abc"])
    for name in "abc":
        with written_whole(run / "f" / f"{name}.png") as temporary:
            Image.new("L", (8, 8)).save(temporary)
    assert list(read_report_figures(run / "f" / "figures.json")) == ["a", "b", "c"]
    truncated(run / "f" / "a.png")
    removed(run / "f" / "b.png")
    assert list(read_report_figures(run / "f" / "figures.json")) == ["c"]
    said = capsys.readouterr().err
    assert "left out: run: expected run/f/a.png as kerasae wrote it. Received: a changed file" in said
    assert "left out: run: expected b.png in run/f, where kerasae wrote it. Received: no such file" in said
    (run / "f" / "figures.json").write_text("[]")
    assert read_report_figures(run / "f" / "figures.json") == {}


def test_a_folder_of_the_user_is_not_replaced_by_a_file(run: Path) -> None:
    a_folder(run / "metrics.json")
    (run / "metrics.json" / "mine.txt").touch()
    with pytest.raises(RequestError, match=r"expected a file at .*metrics\.json\. Received: a folder; move it away"):
        write_json(run / "metrics.json", {})
    assert (run / "metrics.json" / "mine.txt").exists()


READERS: dict[str, tuple[Callable[[Path], object], Callable[[Path], None]]] = {
    "a.json": (read_json, lambda path: path.write_text("{}") and None),
    "a.csv": (read_csv, lambda path: path.write_text("a,b\n1,2\n") and None),
    "a.npz": (read_npz, lambda path: np.savez_compressed(path, a=np.arange(99))),
    "a.png": (read_image, lambda path: Image.effect_noise((32, 32), 9).save(path)),
    "b.png": (read_bytes, lambda path: Image.effect_noise((32, 32), 9).save(path)),
}


@pytest.mark.parametrize("damage", [truncated, emptied, garbage, removed, a_folder])
@pytest.mark.parametrize("name", READERS)
def test_each_reader_names_what_it_cannot_read(tmp_path: Path, name: str, damage: Damage) -> None:
    read, write = READERS[name]
    write(tmp_path / name)
    read(tmp_path / name)
    damage(tmp_path / name)
    if name == "a.csv" and damage in (truncated, emptied):
        assert read(tmp_path / name) == []
        return
    with pytest.raises(RequestError, match=rf"^run: .*{re.escape(name)}.*; (move it away, and )?put it back or train"):
        read(tmp_path / name)


def test_arrays_that_are_missing_or_no_arrays_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, a=np.arange(3))
    assert list(read_npz(path, ["a"])) == ["a"]
    for wanted in ({"names": ["b"]}, {"required": ["b"]}):
        with pytest.raises(RequestError, match=r"a\.npz as .* a damaged file \(expected an array 'b'\)"):
            read_npz(path, **wanted)
    with path.open("wb") as file:
        np.save(file, np.arange(3))
    with pytest.raises(RequestError, match=r"a\.npz as .* a damaged file \(expected an archive"):
        read_npz(path)
    np.savez(path, a=np.array([object()]))
    with pytest.raises(RequestError, match=r"a\.npz as .* a damaged file \(ValueError"):
        read_npz(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", "no array")
    with pytest.raises(RequestError, match=r"a\.npz as .* a damaged file"):
        read_npz(path)
