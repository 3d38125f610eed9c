"""Comparisons from the request to the page; training takes place in this process, but for the slow test."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from command_line import Typed
from PIL import Image
from rich.console import Console

from kerasae.data.collection import open_collection
from kerasae.experiments.comparison.candidates import read_candidates
from kerasae.experiments.comparison.compare import compare
from kerasae.experiments.comparison.plan import make_plan
from kerasae.experiments.comparison.result import ComparisonResult, FieldDifference
from kerasae.files.reading import read_json
from kerasae.runs.folder import RunFolder
from kerasae.workflows.begin import begin

BOTH = ["fast.toml", "slow.toml"]
MEASURED = ("accuracy", "macro_f1", "calibration_error", "mse", "psnr", "ssim")


def scores(result: ComparisonResult) -> list[dict[str, float]]:
    """What runs measured, except for the time they took."""
    return [{key: run.values[key] for key in MEASURED} for run in result.runs]


def test_a_comparison_from_runs_to_page(task: Path, in_this_process: list[str], quiet: Console) -> None:
    result = compare([*BOTH, "rebuilds.toml"], seeds=2, to=Path("c"), console=quiet).result
    assert in_this_process[:3] == ["fast, seed 0", "slow, seed 0", "rebuilds, seed 0"]
    assert json.loads(Path("c/comparison.json").read_text()) == result.to_json()
    assert ComparisonResult.read(Path("c")) == result
    fast = result.recipes[0]
    for run in result.runs:
        metrics = read_json(Path("c", run.path, "metrics.json"))["test"]
        assert run.values["mse"] == metrics["reconstruction"]["mse"]
        assert Path("c", run.path, "report.html").is_file()
        assert not Path("c", run.path, "export").exists()
    accuracies = [run.values["accuracy"] for run in result.runs if run.recipe == "fast"]
    assert fast.measures["accuracy"].mean == pytest.approx(np.mean(accuracies))
    assert fast.measures["accuracy"].n == 2
    assert {(row.recipe, row.seed) for row in result.mcnemar} == {("slow", 0), ("slow", 1)}
    assert {row.measure for row in result.paired if row.recipe == "rebuilds"} == {
        "mse", "psnr", "ssim", "training_seconds"
    }  # fmt: skip
    learning_rates = FieldDifference("phases.0.optimizer.learning_rate", ["0.01", "0.001", "0.01"])
    assert learning_rates in result.differences
    with Path("c/comparison.csv").open() as file:
        rows = {(row["recipe"], row["measure"]): row for row in csv.DictReader(file)}
    assert float(rows["fast", "mse"]["mean"]) == fast.measures["mse"].mean
    assert "## Paired differences" in Path("c/comparison.md").read_text()
    page = Path("c/comparison.html").read_text()
    for link in re.findall(r'href="([^#"]+)"', page):
        assert Path("c", link).is_file()
    assert not re.search(r"<script|<link|url\(|src=\"(?!data:)", page)
    assert {path.stem for path in Path("c/figures").iterdir()} == {
        "scores", "differences", "per_class", "label_accuracy", "label_loss", "reconstruction_loss", "weights",
        "reconstructions",
    }  # fmt: skip


def test_finished_runs_are_used_again(task: Path, in_this_process: list[str], quiet: Console) -> None:
    first = compare(["fast.toml"], seeds=1, to=Path("c"), console=quiet).result
    before = Path("c/runs/fast/seed-0/model.keras").stat().st_mtime_ns
    grown = compare(BOTH, seeds=2, to=Path("c"), console=quiet).result
    assert in_this_process == ["fast, seed 0", "slow, seed 0", "fast, seed 1", "slow, seed 1"]
    assert Path("c/runs/fast/seed-0/model.keras").stat().st_mtime_ns == before
    assert scores(grown)[0] == scores(first)[0]
    # A run that is named is used where it is, and nothing is written into it.
    shutil.copytree("c/runs/slow/seed-0", "mine")
    kept = sorted(Path("mine").rglob("*"))
    other = compare(["mine", "c/runs/fast/seed-0"], seeds=1, to=Path("d"), console=quiet).result
    assert [run.path for run in other.runs] == ["../mine", "../c/runs/fast/seed-0"]
    assert sorted(Path("mine").rglob("*")) == kept
    assert not Path("d/runs").exists()
    assert scores(other) == scores(grown)[1::-1]


def test_a_comparison_uses_what_another_one_beside_it_finished(
    task: Path, in_this_process: list[str], quiet: Console
) -> None:
    compare(["fast.toml"], seeds=1, console=quiet)
    first = Path("comparisons/fast/runs/fast/seed-0")
    before = {path: path.stat().st_mtime_ns for path in first.rglob("*") if path.name != ".lock"}
    grown = compare(BOTH, seeds=1, console=quiet).result
    assert {path: path.stat().st_mtime_ns for path in before} == before  # measured, and not trained again
    assert [run.path for run in grown.runs] == ["../fast/runs/fast/seed-0", "runs/slow/seed-0"]
    arrays = dict(np.load("task.npz"))
    arrays["x_train"][0] += 1
    np.savez("task.npz", **arrays)  # other images: nothing fits
    planned = make_plan(read_candidates(["fast.toml"], []), 1, None, Path("comparisons/other"))
    assert [job.run.path for job in planned.jobs] == [Path("comparisons/other/runs/fast/seed-0")]


def test_folds_validate_on_every_training_image_once(task: Path, in_this_process: list[str], quiet: Console) -> None:
    result = compare(BOTH, folds=3, to=Path("c"), console=quiet).result
    assert result.measured_on == "validation"
    assert result.num_images == 48
    assert [run.path for run in result.runs][::2] == [f"runs/fast/fold-{fold}-seed-0" for fold in range(3)]
    names = [
        name for fold in range(3) for name in np.load(f"c/validation/fast/fold-{fold}-seed-0.npz")["names"].tolist()
    ]
    assert len(names) == len(set(names)) == 48
    assert {name.split("/")[0] for name in names} == {"train"}
    accuracy = read_json(Path("c/validation/fast/fold-1-seed-0.json"))["validation"]["label"]["accuracy"]
    assert result.runs[2].values["accuracy"] == accuracy
    (row,) = result.mcnemar
    assert row.test.only_baseline + row.test.only_other <= 48
    assert all(row.test.n == 3 for row in result.paired)
    assert "Nadeau" in Path("c/comparison.md").read_text()


def test_a_run_that_fails_does_not_end_the_others(
    task: Path, in_this_process: list[str], typed: Typed, failures: dict[str, str]
) -> None:
    failures["slow"] = "DivergedError: the loss is nan"
    code, out, err = typed("compare", *BOTH, "--seeds", 1, "--to", "c")
    assert code == 1
    assert "0, 1 failed" in out
    assert "run 2 of 2: slow, seed 0: failed: DivergedError: the loss is nan" in err
    for name in ("comparison.md", "comparison.html"):
        assert "DivergedError: the loss is nan" in Path("c", name).read_text()
    del failures["slow"]
    assert typed("compare", *BOTH, "--seeds", 1, "--to", "c")[0] == 0
    assert in_this_process == ["fast, seed 0", "slow, seed 0"]


WRONG = {
    "no such recipe": ([*BOTH, "digits-jiont"], r"Did you mean 'digits-joint'"),
    "twice": (["fast.toml", "fast.toml"], r"expected different recipes\. Received: 'fast\.toml' twice"),
    "no common head": (["rebuilds.toml", "names.toml"], r"a head of the first recipe.*reconstruction of rebuilds and"),
    "seeds": ([*BOTH, "--seeds", "0"], r"--seeds: expected at least 1\. Received: 0"),
    "folds": ([*BOTH, "--folds", "1"], r"--folds: expected at least 2"),
    "small class": (
        [*BOTH, "--folds", "30"],
        r"data\.fold: expected 30 training images.*Received: 2 classes with fewer; 24 of class '0'",
    ),
    "no folder": ([*BOTH, "--to", "task.npz"], r"--to: .*task\.npz, which exists already; give another name"),
    "bad option": (["fast.toml", "odd.toml"], r"phases\.0\.optimizer.*adm"),
    "other test set": (["fast.toml", "digits.toml"], r"the same test images.*fast: 20 of .*; digits: 359 of digits"),
    "no seed left": (["fast.toml", "--seeds", "2", "--set", "seed=4294967295"], r"--seeds: expected seeds below 42949"),
    "one name": (["joint", "joint.toml"], r"different names\. Received: 'joint' and 'joint\.toml', both called 'joi"),
    "other seed": (["fast.toml", "seeded.toml"], r"recipes of one seed.*0 of 'fast\.toml' and 7 of 'seeded\.toml'"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_compared_takes_one_line_and_trains_nothing(
    case: str, task: Path, in_this_process: list[str], typed: Typed
) -> None:
    tiny = Path("fast.toml").read_text()
    Path("joint.toml").write_text(tiny)
    Path("odd.toml").write_text(tiny.replace('"adam"', '"adm"'))
    Path("digits.toml").write_text(tiny.replace("task.npz", "digits"))
    Path("seeded.toml").write_text("seed = 7\n" + tiny)
    arguments, message = WRONG[case]
    before = sorted(Path().rglob("*"))
    code, out, err = typed("compare", *arguments)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert re.search(message, err), err
    assert sorted(Path().rglob("*")) == before
    assert in_this_process == []


def test_images_of_a_folder_are_compared_as_the_models_see_them(
    task: Path, in_this_process: list[str], typed: Typed
) -> None:
    arrays = np.load("task.npz")
    for index, (image, label) in enumerate(zip(arrays["x_train"], arrays["y_train"], strict=True)):
        path = Path("images", "right" if label else "left", f"{index}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[:, :6, 0]).save(path)
    tiny = Path("fast.toml").read_text().replace('source = "task.npz"', 'source = "images"\nimage_shape = [8, 8, 1]')
    streamed = tiny.replace("[8, 8, 1]", "[8, 8, 1]\nmemory_limit_mb = 0")
    Path("memory.toml").write_text(tiny)
    Path("streamed.toml").write_text(streamed)
    Path("larger.toml").write_text(streamed.replace("[8, 8, 1]", "[16, 16, 1]"))
    Path("fitted.toml").write_text(streamed.replace("[model]", 'resize = "fit"\n[model]'))
    assert typed("compare", "memory.toml", "streamed.toml", "--seeds", 1)[0] == 0
    done = list(in_this_process)
    for name in ("larger", "fitted"):
        code, _, err = typed("compare", "streamed.toml", f"{name}.toml", "--seeds", 1)
        assert code == 2
        assert "expected the same test images for all recipes" in err
    assert in_this_process == done


def test_what_no_run_depends_on_may_change(task: Path, in_this_process: list[str], typed: Typed) -> None:
    assert typed("compare", "fast.toml", "--seeds", 1, "--to", "c")[0] == 0
    changed = Path("fast.toml").read_text().replace('title = "fast"', 'title = "Faster"')
    Path("fast.toml").write_text(f"{changed}\n[reference]\nsource = 'a study'\n")
    assert "Faster" in changed
    assert typed("compare", "fast.toml", "--seeds", 1, "--to", "c")[0] == 0
    assert in_this_process == ["fast, seed 0"]


def test_a_run_made_in_another_way_is_refused(task: Path, in_this_process: list[str], typed: Typed) -> None:
    assert typed("compare", "fast.toml", "--seeds", 1, "--to", "c")[0] == 0
    code, _, err = typed("compare", "fast.toml", "--seeds", 1, "--to", "c", "--set", "phases.0.epochs=3")
    assert code == 2
    assert "c/runs/fast/seed-0 was made with, phases.0.epochs 2. Received: phases.0.epochs 3" in err
    arrays = dict(np.load("task.npz"))
    arrays["x_train"][0] += 1
    np.savez("task.npz", **arrays)
    code, _, err = typed("compare", "fast.toml", "--seeds", 1, "--to", "c")
    assert code == 2
    assert "expected the images that c/runs/fast/seed-0 was made with" in err
    assert in_this_process == ["fast, seed 0"]


def test_runs_from_before_min_steps_are_gone_on_with(task: Path) -> None:
    listed = read_candidates(["fast.toml"], ["phases.0.min_steps=1000"])
    planned = make_plan(listed, 1, None, Path("c"))
    assert (epochs := planned.jobs[0].recipe.phases[0].epochs) > 100
    assert [line.partition(", ")[0] for line in planned.raised_epochs] == [
        f"fast: joint: {epochs} epochs rather than 2"
    ]
    listed = read_candidates(["fast.toml"], [])
    older = make_plan(listed, 1, None, Path("c")).jobs[0]
    older.run.path.mkdir(parents=True)
    begin(older.run, older.recipe, older.facts)
    tree = json.loads(older.run.recipe_file.read_text())
    del tree["phases"][0]["min_steps"]
    older.run.recipe_file.write_text(json.dumps(tree))
    (older.run.path / "manifest.json").unlink()
    listed = read_candidates(["fast.toml"], ["phases.0.min_steps=1000"])
    planned = make_plan(listed, 2, None, Path("c"))
    assert ([job.recipe.phases[0].epochs for job in planned.jobs], planned.raised_epochs) == ([2, 2], [])


def test_the_test_images_are_the_same_with_and_without_folds(task: Path) -> None:
    from kerasae.recipe import DataRecipe

    opened = [
        open_collection(DataRecipe(source="task.npz", fold=fold), classifies=True) for fold in (None, [0, 3], [2, 3])
    ]
    for other in opened[1:]:
        np.testing.assert_array_equal(other.test.load(np.arange(20)), opened[0].test.load(np.arange(20)))


@pytest.mark.slow
def test_a_killed_comparison_goes_on_to_the_same(task: Path) -> None:
    arguments = [*BOTH, "--seeds", "1", "--set", "phases.0.epochs=40"]
    command = [sys.executable, "-m", "kerasae", "compare", *arguments]
    # Apart from each other, since a comparison takes the finished runs of those beside it.
    undisturbed, killed = Path("one/undisturbed"), Path("other/killed")
    subprocess.run([*command, "--to", undisturbed], check=True, capture_output=True)
    history = killed / "runs/slow/seed-0/history.csv"
    process = subprocess.Popen([*command, "--to", killed], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while not history.is_file() or len(history.read_text().splitlines()) < 5:  # inside the second of the two
        assert process.poll() is None
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(2)  # the process of the run ends too
    left = history.read_text()
    assert len(left.splitlines()) < 41
    time.sleep(2)
    assert history.read_text() == left
    finished = killed / "runs/fast/seed-0/model.keras"
    before = finished.stat().st_mtime_ns
    subprocess.run([*command, "--to", killed], check=True, capture_output=True)
    assert finished.stat().st_mtime_ns == before
    expected, result = (ComparisonResult.read(folder) for folder in (undisturbed, killed))
    assert scores(result) == scores(expected)
    for name in ("mcnemar", "differences", "source"):
        assert getattr(result, name) == getattr(expected, name)
    assert not list(killed.rglob(".*.npz"))
    assert RunFolder(killed / "runs/slow/seed-0").recipe == RunFolder(undisturbed / "runs/slow/seed-0").recipe
