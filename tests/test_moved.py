"""Runs whose images were moved, changed or removed, and machines without a home or with an old terminal."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from command_line import Typed
from PIL import Image

from kerasae.files.writing import write_text
from kerasae.workflows import train

SETTINGS = ["phases.0.epochs=1", "phases.0.batch_size=8", "model.encoder.filters=[4]"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with images, named as it is seen from there, and a run."""
    there = tmp_path_factory.mktemp("moved")
    random = np.random.default_rng(0)
    for name in ("ä", "b"):
        (there / "images" / name).mkdir(parents=True)
        for index in range(30):
            values = random.integers(100 * (name == "b"), 156 + 100 * (name == "b"), (32, 32), np.uint8)
            Image.fromarray(values).save(there / "images" / name / f"{index}.bmp")
    before = Path.cwd()
    os.chdir(there)
    try:
        train.train("joint", data="images", run=Path("run"), overrides=SETTINGS)
    finally:
        os.chdir(before)
    return there


@pytest.fixture
def there(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, of which the images were moved from images/ to elsewhere/."""
    shutil.copytree(trained, tmp_path / "all")
    recipe = tmp_path / "all" / "run" / "recipe.json"
    write_text(recipe, recipe.read_text().replace(str(trained), str(tmp_path / "all")))
    (tmp_path / "all" / "images").rename(tmp_path / "all" / "elsewhere")
    monkeypatch.chdir(tmp_path / "all")
    return tmp_path / "all"


def test_predictions_are_the_same_bytes_wherever_the_images_are(there: Path, typed: Typed) -> None:
    before = Path("run/predictions.npz").read_bytes()
    assert {str(name).split("/")[0] for name in np.load("run/predictions.npz")["names"]} == {"ä", "b"}
    for source in ("elsewhere", str(there / "elsewhere")):
        assert typed("evaluate", "run", "--data", source)[0] == 0
        assert Path("run/predictions.npz").read_bytes() == before
    Path("elsewhere").rename("images")
    Path("run/metrics.json").unlink()
    train.resume(Path("run"))
    assert Path("run/predictions.npz").read_bytes() == before


def test_images_that_moved_are_named(there: Path, typed: Typed) -> None:
    code, _, said = typed("evaluate", "run")
    assert code == 2
    assert "Received: nothing there; put them back, or say where they are: evaluate" in said
    assert typed("report", "run", "--data", "elsewhere")[0] == 0
    assert typed("explore", "run", "--data", "elsewhere", "--split", "train", "--maps", "pca")[0] == 0
    assert typed("export", "run", "--data", "elsewhere", "--to", "export")[0] == 0


def test_a_folder_of_other_images_is_refused(there: Path, typed: Typed) -> None:
    path = Path("elsewhere/b/0.bmp")
    status = path.stat()
    Image.fromarray(255 - np.asarray(Image.open(path))).save(path)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    for verb in ("evaluate", "report", "explore", "export"):
        code, _, said = typed(verb, "run", "--data", "elsewhere")
        assert code == 2
        assert "expected the images that run was made with" in said


def test_contents_exchanged_under_an_old_time_are_refused(there: Path, typed: Typed) -> None:
    Path("elsewhere").rename("images")
    assert typed("evaluate", "run")[0] == 0
    for path in Path("images").rglob("*.bmp"):
        status = path.stat()
        path.write_bytes(path.read_bytes()[:-1] + b"!")
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    code, _, said = typed("evaluate", "run")
    assert code == 2
    assert "not all of them the same" in said


def test_a_report_keeps_figures_of_images_that_are_gone(there: Path, typed: Typed) -> None:
    names = {path.name for path in Path("run/figures").iterdir()}
    figure = Path("run/figures/reconstructions.png").read_bytes()
    code, _, said = typed("report", "run")
    assert code == 0
    assert "--data says where they are" in said
    assert {path.name for path in Path("run/figures").iterdir()} == names
    assert Path("run/figures/reconstructions.png").read_bytes() == figure
    Path("run/figures/reconstructions.png").unlink()
    assert typed("report", "run")[0] == 0
    assert "Missing figures: " in Path("run/report.html").read_text()


def test_an_export_does_without_images(there: Path, typed: Typed) -> None:
    assert typed("export", "run", "--to", "export")[0] == 0
    image = Path("elsewhere/b/0.bmp")
    answers = [typed("predict", model, image, "--json") for model in ("export", "run")]
    assert [code for code, _, _ in answers] == [0, 0]


def test_a_run_made_before_ranges_were_kept_opens(there: Path, typed: Typed) -> None:
    recipe = json.loads(Path("run/recipe.json").read_text())
    del recipe["data"]["range"]
    write_text(Path("run/recipe.json"), json.dumps(recipe))
    assert typed("evaluate", "run", "--data", "elsewhere")[0] == 0


@pytest.mark.parametrize(
    "environment",
    [
        {"HOME": "/proc/none", "XDG_CACHE_HOME": ""},
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C"},
    ],
    ids=["no home", "ascii", "C"],
)
def test_work_goes_on_without_a_home_and_on_any_terminal(there: Path, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "kerasae", "predict", "run", "elsewhere/ä/0.bmp", "elsewhere/b/1.bmp"]
    evaluate = [sys.executable, "-m", "kerasae", "evaluate", "run", "--data", "elsewhere"]
    for words in (command, evaluate):
        done = subprocess.run(words, capture_output=True, env={**os.environ, **environment}, check=False)
        assert done.returncode == 0, done.stderr
    assert not Path("~").exists()
