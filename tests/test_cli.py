"""The command line as a user types it: what it prints, what it exits with, and that bad input leaves nothing behind."""

import errno
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kerasae import cli


@pytest.fixture(autouse=True)
def in_a_new_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class Typed:
    """Types a command and remembers what came back."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch, self.capsys = monkeypatch, capsys

    def __call__(self, *words: object) -> tuple[int, str, str]:
        self.monkeypatch.setattr(sys, "argv", ["kerasae", *map(str, words)])
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0), *self.capsys.readouterr()


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    from rich.console import Console

    # Consoles that look for the standard streams anew at each print, as pytest puts its own in their place.
    for name in ("out", "err"):
        console = Console(stderr=name == "err", highlight=False, markup=False, emoji=False, width=200)
        monkeypatch.setattr(cli, name, console)
    return Typed(monkeypatch, capsys)


def folder(**classes: int) -> Path:
    for name, count in classes.items():
        Path("pictures", name).mkdir(parents=True)
        for index in range(count):
            pixels = np.random.default_rng(index).integers(0, 256, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(Path("pictures", name, f"{index}.png"))
    return Path("pictures")


def arrays(**changes: object) -> Path:
    images, labels = np.zeros((20, 8, 8, 1), np.uint8), np.arange(20) % 2
    whole = {"x_train": images, "y_train": labels, "x_test": images, "y_test": labels, **changes}
    np.savez("data.npz", **{name: array for name, array in whole.items() if array is not None})
    return Path("data.npz")


WRONG = {
    "no such source": (lambda: ["--data", "nowhere"], r"nowhere"),
    "nearest source": (lambda: ["--data", "cifar"], r"Did you mean 'cifar10'\?"),
    "empty folder": (lambda: (Path("empty").mkdir(), ["--data", "empty"])[1], r"empty"),
    "one class": (lambda: ["--data", folder(cat=9)], r"cat"),
    "few pictures": (lambda: ["--data", folder(cat=9, dog=2)], r"dog"),
    "lengths": (lambda: ["--data", arrays(y_train=np.zeros(3, np.int64))], r"20.*3|3.*20"),
    "labels out of range": (lambda: ["--data", arrays(y_train=np.full(20, -4))], r"-4"),
    "floats": (lambda: ["--data", arrays(x_train=np.zeros((20, 8, 8, 1)))], r"float64"),
    "rank": (lambda: ["--data", arrays(x_train=np.zeros((20, 8), np.uint8))], r"\(20, 8\)"),
    "pickled": (lambda: ["--data", arrays(y_train=np.array([{}] * 20, object))], r"pickle|object"),
    "missing array": (lambda: ["--data", arrays(x_test=None)], r"x_test"),
    "csv without columns": (lambda: (Path("a.csv").write_text("a,b\n1,2\n"), ["--data", "a.csv"])[1], r"path"),
    "csv with missing files": (
        lambda: (Path("a.csv").write_text("path,label\nx.png,cat\n"), ["--data", "a.csv"])[1],
        r"x\.png",
    ),
    "recipe": (lambda: ["digits-jiont"], r"Did you mean 'digits-joint'\?"),
    "key": (lambda: ["--set", "phases.0.epoch=1"], r"Did you mean 'epochs'\?"),
    "transform": (lambda: ["--set", "phases.0.augment=['contrst']"], r"[Dd]id you mean 'contrast'\?"),
    "transform option": (lambda: ["--set", "phases.0.augment.0.factor=1"], r"factor_range"),
    "mixing": (lambda: ["--set", "phases.0.mix=mixup"], r"Did you mean 'mix_up'\?"),
    "no mixing": (lambda: ["--set", "phases.0.mix=contrast"], r"phases\.0\.mix: expected mix_up or cut_mix"),
    "encoder": (lambda: ["--set", "model.encoder=vg"], r"Did you mean 'vgg'\?"),
    "optimizer": (lambda: ["--set", "phases.0.optimizer=adm"], r"Did you mean 'adam'\?"),
    "type": (
        lambda: ["--set", "phases.0.epochs=two"],
        r"phases\.0\.epochs: expected a valid integer\. Received: 'two'",
    ),
    "range": (lambda: ["--set", "data.test=1.5"], r"data\.test"),
    "unknown class": (lambda: ["--set", "data.keep.bird=0.5"], r"bird"),
    "half of no test": (
        lambda: ["--set", "data.validation=half-of-test", "--data", folder(cat=20, dog=20)],
        r"half-of-test",
    ),
    "sides": (lambda: ["--set", "data.image_shape=[9, 8, 1]"], r"multiples of 4\. Received: 9x8"),
    "schedule": (
        lambda: ["--set", "phases.0.schedule={name='step', at=[90]}"],
        r"recipe: phases\.0\.schedule\.at: expected rising epochs below the phase's last, 60",
    ),
    "monitor": (lambda: ["--set", "phases.0.monitor=val_acc"], r"phases\.0\.monitor: expected one of val_loss"),
    "start from": (lambda: ["--set", "phases.0.start_from.encoder=runs/none"], r"runs/none"),
    "run name": (lambda: ["--run", "x" * 300], r"x{300}: File name too long"),
    "option": (lambda: ["--recipe", "joint"], r"No such option: --recipe.*; see: kerasae train --help"),
    "odd index": (lambda: ["--set", "phases.².epochs=5"], r"expected an index from 0 to 0 in place of '²'"),
    "infinite rate": (
        lambda: ["--set", "phases.0.optimizer.learning_rate=inf"],
        r"phases\.0\.optimizer\.learning_rate: expected a finite number\. Received: inf",
    ),
    "infinite weight": (lambda: ["--set", "data.class_weights={0 = inf}"], r"class_weights\.0: expected a finite"),
    "seed": (lambda: ["--set", "seed=4294967296"], r"seed: expected less than 4294967296\. Received: 4294967296"),
    "warm-up": (
        lambda: ["--set", "phases.0.schedule.warmup=1.0"],
        r"phases\.0\.schedule\.warmup: expected less than 1",
    ),
    "nameless source": (lambda: ["--data", ""], r"data\.source: expected string"),
    "device": (lambda: ["--set", "distribution.devices=['GPU:7']"], r"expected different ones of CPU:0"),
    "batch and devices": (
        lambda: ["--set", "distribution.devices=['CPU:0', 'CPU:1']", "--set", "phases.0.batch_size=7"],
        r"phases\.0\.batch_size: expected a multiple of the 2 devices\. Received: 7",
    ),
    "batch of one": (
        lambda: ["--set", "data.labelled_share=0.5", "--set", "phases.0.batch_size=1"],
        r"phases\.0\.batch_size: expected at least 2, since data\.labelled_share",
    ),
    "run exists": (lambda: (Path("here").mkdir(), ["--run", "here"])[1], r"exists already; add --resume"),
    "resume and more": (lambda: ["--resume", "--run", "x", "--data", "digits"], r"--resume: expected"),
    "resume nothing": (lambda: ["--resume", "--run", "x"], r"which does not exist"),
}


@pytest.mark.parametrize("case", WRONG)
def test_bad_input_takes_one_line_and_leaves_nothing(case: str, typed: Typed) -> None:
    words, message = WRONG[case]
    arguments = words()
    before = sorted(Path().rglob("*"))
    code, out, err = typed("train", *arguments)
    assert code == 2, err
    assert len(err.strip().splitlines()) == 1, err
    assert err.startswith("kerasae: ")
    assert re.search(message, err), err
    assert out == ""
    assert sorted(Path().rglob("*")) == before


def test_a_message_is_not_wrapped_in_another(typed: Typed) -> None:
    assert typed("train", "--data", arrays(y_train=np.full(20, -4)))[2].startswith("kerasae: data.npz: y_train: ")


def test_an_interruption_says_how_to_go_on(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    from kerasae import train

    def interrupt(*arguments: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "train", interrupt)
    code, _, err = typed("train")
    assert code == 130
    assert err == "kerasae: interrupted; a run goes on with: kerasae train --run DIR --resume\n"


def test_what_nobody_expected_takes_one_line_too(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    from kerasae import train

    def fail(*arguments: object, **more: object) -> None:
        raise KeyError("[/red] :cat:\nand more")

    monkeypatch.setattr(train, "train", fail)
    code, _, err = typed("train")
    assert code == 1
    assert err.startswith("kerasae: KeyError: '[/red] :cat:")
    assert len(err.splitlines()) == 1


def test_what_an_input_pipeline_raises_is_found_inside(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    import tensorflow as tf

    from kerasae import train
    from kerasae.errors import RequestError

    def load(number: int) -> int:
        raise RequestError("data.source: expected a.png as it was")

    def read(*arguments: object, **more: object) -> None:
        list(tf.data.Dataset.range(1).map(lambda number: tf.numpy_function(load, [number], tf.int64)))

    monkeypatch.setattr(train, "train", read)
    assert typed("train")[::2] == (2, "kerasae: data.source: expected a.png as it was\n")


@pytest.mark.slow
def test_two_devices_from_the_command_line() -> None:
    folder(cat=12, dog=12)
    words = ["train", "--data", "pictures", "--run", "x", "--set", "distribution.devices=['CPU:0', 'CPU:1']"]
    words += ["--set", "phases.0.epochs=2", "--set", "phases.0.batch_size=8", "--set", "model.encoder.filters=[4, 4]"]
    done = subprocess.run([sys.executable, "-m", "kerasae", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "Phase 1 of 1, joint: encoder, decoder, classifier for 2 epochs\n"


def test_a_full_disk_takes_one_line(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    from kerasae import train

    def full(*arguments: object, **more: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "runs/x/model.keras")

    monkeypatch.setattr(train, "fit", full)
    code, _, err = typed("train", "--run", "x")
    assert code == 2
    assert err.strip().endswith("kerasae: runs/x/model.keras: No space left on device; mend that and try again")


def test_debug_shows_where_it_came_from(monkeypatch: pytest.MonkeyPatch) -> None:
    from kerasae.errors import RequestError

    monkeypatch.setattr(sys, "argv", ["kerasae", "train", "nope", "--debug"])
    with pytest.raises(RequestError, match="nope"):
        cli.main()


def test_a_finished_run_is_used_by_every_verb(digits_run: Path, typed: Typed) -> None:
    code, out, _ = typed("evaluate", digits_run)
    assert code == 0
    metrics = json.loads((digits_run / "metrics.json").read_text())
    assert f"{metrics['test']['label']['accuracy']:.4f}" in out
    assert "linear baseline" in out
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
    assert set(json.loads(out)[0]) == {"image", "label", "probability", "top", "reconstruction_error"}


def test_a_run_keeps_what_the_design_says(digits_run: Path) -> None:
    kept = {path.name for path in digits_run.iterdir()}
    assert kept >= {
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
    assert not [name for name in kept if name.startswith(".")]


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
    assert "cifar10-joint" in out


def test_help_and_the_list_of_recipes_need_no_tensorflow() -> None:
    program = (
        "import sys; sys.modules['tensorflow'] = sys.modules['keras'] = None; from kerasae.cli import main; main()"
    )
    for words in (["--help"], ["recipes"]):
        done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_a_module_runs_its_verb() -> None:
    for verb in ("train", "evaluate", "predict"):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", f"kerasae.{verb}", "--help"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert f"kerasae {verb}" in done.stdout
