"""The command line as a user types it: what it prints, what it exits with, and that bad input leaves nothing behind."""

import errno
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from command_line import Typed
from PIL import Image

from kerasae import __version__, cli
from kerasae.files.manifest import begin
from kerasae.runs.data_facts import DataFacts, SplitCounts
from kerasae.runs.folder import RunFolder


@pytest.fixture(autouse=True)
def in_a_new_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_version_is_said(typed: Typed) -> None:
    code, out, _ = typed("--version")
    assert (code, out) == (0, f"{__version__}\n")


def test_a_message_is_not_wrapped_in_another(typed: Typed) -> None:
    images, labels = np.zeros((20, 8, 8, 1), np.uint8), np.full(20, -4)
    np.savez("data.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    assert typed("train", "--data", "data.npz")[2].startswith("kerasae: data.npz: y_train: ")


def test_an_interruption_says_how_to_go_on(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    from kerasae.workflows import train

    def interrupt(*arguments: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "train", interrupt)
    code, _, err = typed("train")
    assert code == 130
    assert err.startswith("kerasae: interrupted; resume a run with: kerasae train --run DIR --resume, a comparison ")
    assert len(err.splitlines()) == 1


def test_what_nobody_expected_takes_one_line_too(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    from kerasae.workflows import train

    def fail(*arguments: object, **more: object) -> None:
        raise KeyError("[/red] :cat:\nand more")

    monkeypatch.setattr(train, "train", fail)
    code, _, err = typed("train")
    assert code == 1
    assert err.startswith("kerasae: KeyError: '[/red] :cat:")
    assert len(err.splitlines()) == 1


def test_what_an_input_pipeline_raises_is_found_inside(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    import tensorflow as tf

    from kerasae.utils.errors import RequestError
    from kerasae.workflows import train

    def load(number: int) -> int:
        raise RequestError("data.source", expected="a.png as it was")

    def read(*arguments: object, **more: object) -> None:
        list(tf.data.Dataset.range(1).map(lambda number: tf.numpy_function(load, [number], tf.int64)))

    monkeypatch.setattr(train, "train", read)
    assert typed("train")[::2] == (2, "kerasae: data.source: expected a.png as it was\n")


def test_a_full_disk_takes_one_line(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:

    def full(*arguments: object, **more: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "runs/x/model.keras")

    monkeypatch.setattr("kerasae.tasks.joint.fit", full)
    code, _, err = typed("train", "--run", "x")
    assert code == 2
    assert err.strip().endswith("kerasae: runs/x/model.keras: No space left on device; fix this and try again")


@pytest.mark.parametrize("where", ["NumPy", "TensorFlow"])
def test_too_little_memory_takes_one_line(where: str, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    import tensorflow as tf

    from kerasae.workflows import train

    def allocate(*arguments: object, **more: object) -> None:
        if where == "NumPy":
            raise MemoryError("Unable to allocate 503. GiB for an array with shape (1797, 10000, 10000, 3)")
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor with shape[64,10000,10000,3]")

    monkeypatch.setattr(train, "train", allocate)
    code, _, err = typed("train")
    assert code == 2
    assert err.startswith("kerasae: out of memory; try smaller images, such as --set ")
    assert len(err.splitlines()) == 1


def test_debug_shows_where_it_came_from(monkeypatch: pytest.MonkeyPatch) -> None:
    from kerasae.utils.errors import RequestError

    monkeypatch.setattr(sys, "argv", ["kerasae", "train", "nope", "--debug"])
    with pytest.raises(RequestError, match="nope"):
        cli.main()


def test_a_finished_run_is_used_by_every_verb(digits_run: Path, typed: Typed) -> None:
    code, out, _ = typed("evaluate", digits_run)
    assert code == 0
    metrics = json.loads((digits_run / "metrics.json").read_text())
    assert f"{metrics['test']['label']['accuracy']:.4f}" in out
    assert "linear baseline" in out
    negative = metrics["variants"]["negative"]
    words = f"accuracy {negative['label']['accuracy']:.4f}, MSE {negative['reconstruction']['mse']:.5f}"
    assert re.search(rf"on negative\W+{re.escape(words)}", out)
    assert typed("report", digits_run)[0] == 0
    assert typed("train", "--run", digits_run, "--resume")[0] == 0  # nothing is left to do
    code, out, _ = typed("export", digits_run, "--to", "served")
    assert (code, out.strip()) == (0, "served")
    code, _, err = typed("export", digits_run, "--to", "served")
    assert code == 2
    assert "exists already" in err
    Image.new("L", (8, 8)).save("black.png")
    code, out, _ = typed("predict", "served", "black.png")
    assert code == 0
    assert "black.png" in out
    code, out, _ = typed("predict", digits_run, "black.png", "--json")
    answer = json.loads(out)[0]
    assert set(answer) == {
        *("image", "label", "probability", "top", "reconstruction_error", "anomaly_score", "accepted", "probabilities")
    }
    assert answer["accepted"] is False  # nobody has written a digit that is all black


def test_a_run_keeps_what_the_design_says(digits_run: Path) -> None:
    kept = {path.name for path in digits_run.iterdir()}
    assert kept >= {
        "manifest.json",
        "recipe.json",
        "environment.json",
        "data.json",
        "quarantine.csv",
        "history.csv",
        "checkpoints",
        "model.keras",
        "metrics.json",
        "figures",
        "report.html",
        "export",
    }
    assert {name for name in kept if name.startswith(".")} == {".manifest.lock"}


@pytest.mark.parametrize(
    ("words", "image_shape", "unlabelled", "advice"),
    [
        (["--data", "my images"], [64, 64, 3], 7, "photos"),
        (["--data", "my images"], [64, 64, 3], 8, "photos-few-labels"),
        (["--data", "my images"], [64, 60, 3], 0, None),
        (["--data", "my images"], [64, 64, 1], 0, None),
        (["joint", "--data", "my images"], [64, 64, 3], 0, None),
        ([], [8, 8, 1], 0, None),
    ],
)
def test_a_folder_of_photographs_is_told_of_the_recipe_for_them(
    words: list[str],
    image_shape: list[int],
    unlabelled: int,
    advice: str | None,
    typed: Typed,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    facts = DataFacts(counts={"train": SplitCounts(classes={"cat": 4, "dog": 3}, unlabelled=unlabelled)})
    recipe = SimpleNamespace(data=SimpleNamespace(image_shape=image_shape))
    run = SimpleNamespace(recipe=recipe, facts=facts, path=tmp_path)
    monkeypatch.setattr("kerasae.workflows.train.train", lambda *_, **__: run)
    monkeypatch.setattr("kerasae.cli.one_run.summary", lambda _: "done")
    code, said, noted = typed("train", *words)
    assert (code, said) == (0, "done\n")
    if advice is None:
        assert "takes longer" not in noted
    else:
        assert f"kerasae train {advice} --data 'my images' takes longer" in noted


def test_an_unfinished_run_says_how_to_finish(digits_run: Path, typed: Typed) -> None:
    Path("begun").mkdir()
    Path("begun/recipe.json").write_text((digits_run / "recipe.json").read_text())
    for verb in ("evaluate", "report", "export"):
        code, _, err = typed(verb, "begun")
        assert code == 2
        assert "kerasae train --run begun --resume" in err


def test_recipes_are_listed(typed: Typed) -> None:
    code, out, _ = typed("recipes")
    assert code == 0
    rows = {row[1]: row[2] for row in (re.split(r"\s*│\s*", line) for line in out.splitlines()) if len(row) > 2}
    assert rows["cifar10-joint"] == "cifar10"
    assert rows["digits-joint"] == "digits"
    assert rows["photos"] == "any"


def test_help_and_the_list_of_recipes_need_no_tensorflow() -> None:
    program = (
        "import sys; sys.modules['tensorflow'] = sys.modules['keras'] = None; from kerasae.cli import main; main()"
    )
    for words in (["--help"], ["recipes"]):
        done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_a_module_runs_its_verb() -> None:
    modules = [["kerasae", verb] for verb in ("train", "evaluate", "predict", "compare", "tune")]
    for words in (*modules, ["kerasae.tune"]):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", *words, "--help"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert f"kerasae {words[-1].removeprefix('kerasae.')}" in done.stdout


@pytest.mark.slow
def test_two_devices_from_the_command_line() -> None:
    words = ["train", "--run", "x", "--set", "distribution.devices=['CPU:0', 'CPU:1']", "--set", "phases.0.epochs=2"]
    words += ["--set", "model.encoder.filters=[4, 4]"]
    done = subprocess.run([sys.executable, "-m", "kerasae", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    data, shape, classes, phase = done.stderr.splitlines()  # and nothing of TensorFlow's own
    assert data.startswith("1,101 images to train on")
    assert shape.startswith("shape 8x8x1")
    assert classes.startswith("images a class: 0 (178), 1 (182), ")
    assert phase == "Phase 1 of 1, joint: encoder, decoder, classifier for 2 epochs"


@pytest.mark.parametrize(
    "words",
    [
        ("train", "--resume", "--run", "run"),
        ("evaluate", "run"),
        ("evaluate", "run", "--unknown", "gaussian_noise"),
        ("report", "run"),
        ("explore", "run"),
        ("explore", "run", "--near", "a.png"),
        ("generate", "run"),
        ("export", "run"),
    ],
    ids=" ".join,
)
def test_a_verb_that_writes_into_a_run_waits_for_the_other(words: tuple[str, ...], typed: Typed) -> None:
    run = RunFolder(Path("run"))
    run.path.mkdir()
    run.recipe_file.write_text("{}")
    run.data_facts.write_text('{"class_names": [], "counts": {}, "fingerprint": ""}')
    run.model.touch()
    begin(run.path)
    with run.alone("exporting"):
        before = sorted(run.path.iterdir())
        code, out, err = typed(*words)
        assert sorted(run.path.iterdir()) == before
    assert (code, out) == (2, "")
    assert re.fullmatch(
        r"kerasae: run: expected .* another process is exporting run \(process \d+ on .*\); wait for it\n",
        err,
    )
