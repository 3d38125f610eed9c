"""Nothing of a run is imported unless the user trusts it: every verb, in a process that has trusted nothing yet."""

import json
import pickle
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from command_line import Typed
from PIL import Image

from kerasae.files import manifest
from kerasae.files.reading import read_json
from kerasae.files.writing import write_json
from kerasae.recipe import plugins
from kerasae.recipe.plugins import inherited, load_plugins, trust, trust_all
from kerasae.runs.folder import RunFolder
from kerasae.runs.origins import check_start, load_plugins_of
from kerasae.utils.errors import RequestError
from kerasae.workflows.begin import read_named
from kerasae.workflows.train import train

PLUGIN = """
from dataclasses import dataclass
from pathlib import Path
from kerasae.models import ENCODERS
from kerasae.models.encoders.baseline import baseline

with Path(__file__).with_suffix(".log").open("a") as log:
    log.write("imported\\n")

@dataclass
class Widths:
    first: int = 4

@ENCODERS.register("tiny_of_trust")
def tiny(image_shape, settings, *, width=Widths().first):
    return baseline(image_shape, settings, filters=[width, width])
"""
SHORT = ["phases.0.epochs=1", "phases.0.schedule=constant"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run with a plugin."""
    folder = tmp_path_factory.mktemp("stranger")
    (folder / "own.py").write_text(PLUGIN)
    (folder / "own.toml").write_text(
        f'extends = "digits-joint"\nplugins = ["{folder}/own.py"]\nmodel.encoder = "tiny_of_trust"\n'
    )
    return train(str(folder / "own.toml"), run=folder / "run", overrides=SHORT)


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    """As in a new process of a user who has trusted nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    forget(monkeypatch)
    yield monkeypatch
    trust_all(False)


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "_trust", plugins._Trust())
    monkeypatch.setattr(plugins, "_imported", {})


def imports(run: RunFolder) -> int:
    return len((run.path.parent / "own.log").read_text().splitlines())


def copied(run: RunFolder, to: Path) -> RunFolder:
    shutil.copytree(run.path, to)
    return RunFolder(to)


START = 'phases.0.start_from={{encoder="{run}"}}'
VERBS = {
    "predict": ["predict", "{run}", "image.png"],
    "report": ["report", "{run}"],
    "evaluate": ["evaluate", "{run}"],
    "unknown": ["evaluate", "{run}", "--unknown", "invert"],
    "export": ["export", "{run}", "--to", "served"],
    "explore": ["explore", "{run}", "--maps", "pca"],
    "near": ["explore", "{run}", "--near", "image.png"],
    "generate": ["generate", "{run}", "--count", "1"],
    "compare": ["compare", "{run}", "digits-joint"],
    "resume": ["train", "--run", "{run}", "--resume"],
    "start from": ["train", "digits-joint", "--set", START, "--set", "model.encoder.filters=[4, 4]"],
    "compare from": ["compare", "joint", "digits-joint", "--set", START, "--set", "model.encoder.filters=[4, 4]"],
    "tune from": [
        "tune",
        "digits-search",
        "--set",
        START,
        "--set",
        "model.encoder={{name='baseline', filters=[4, 4]}}",
    ],
}


@pytest.mark.parametrize("verb", VERBS)
def test_no_verb_imports_what_a_run_lists(
    verb: str, made: RunFolder, fresh: pytest.MonkeyPatch, typed: Typed, tmp_path: Path
) -> None:
    Image.fromarray(np.zeros((8, 8), np.uint8)).save("image.png")
    before = imports(made)
    code, out, err = typed(*(word.format(run=made.path) for word in VERBS[verb]))
    assert (code, out) == (2, ""), err
    line = err.splitlines()[-1]
    assert "plugins: expected Python files that were trusted on this machine before. Received: " in line
    assert "own.py, SHA-256 " in line
    assert line.endswith("add --trust-plugins")
    assert imports(made) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["image.png"]


def test_a_judge_and_a_recipe_inside_a_run_are_no_choice_of_the_user(
    made: RunFolder, fresh: pytest.MonkeyPatch, typed: Typed, digits_run: Path
) -> None:
    code, _, err = typed("generate", digits_run, "--count", "1", "--judge", made.path)
    assert code == 2
    assert "--trust-plugins" in err
    inside = made.path / "best.toml"
    shutil.copy(made.path.parent / "own.toml", inside)
    Path("mine.toml").write_text(f'extends = "{inside}"\n')
    for recipe in (inside, "mine.toml"):
        code, _, err = typed("train", recipe, "--set", "phases.0.epochs=1")
        assert code == 2
        assert "--trust-plugins" in err
    inside.unlink()


def test_trust_is_said_once_and_remembered_by_path_and_digest(
    made: RunFolder, fresh: pytest.MonkeyPatch, typed: Typed, tmp_path: Path
) -> None:
    Image.fromarray(np.zeros((8, 8), np.uint8)).save("image.png")
    code, _, err = typed("predict", made.path, "image.png", "--trust-plugins")
    assert code == 0, err
    said = [line for line in err.splitlines() if line.startswith("imports ")]
    assert len(said) == 1
    assert "own.py (SHA-256 " in said[0]
    assert said[0].endswith("by --trust-plugins")
    assert [*read_json(tmp_path / "config" / "kerasae" / "trusted-plugins.json")] == [str(made.path.parent / "own.py")]
    forget(fresh)
    code, _, err = typed("predict", made.path, "image.png")
    assert (code, err.strip()) == (0, "")
    forget(fresh)
    elsewhere = tmp_path / "own.py"
    elsewhere.write_text(PLUGIN)
    with pytest.raises(RequestError, match="trusted on this machine before"):  # the same bytes at another path
        load_plugins([str(elsewhere)])


@pytest.mark.parametrize("home", ["none", "unwritable", "damaged"])
def test_without_a_memory_work_goes_on(home: str, made: RunFolder, fresh: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place = {"none": Path("~/config"), "unwritable": tmp_path / "file", "damaged": tmp_path / "damaged"}[home]
    (tmp_path / "file").write_text("")
    (tmp_path / "damaged" / "kerasae").mkdir(parents=True)
    (tmp_path / "damaged" / "kerasae" / "trusted-plugins.json").write_text("[[")
    fresh.setattr(plugins.platformdirs, "user_config_path", lambda name: place / name)
    with pytest.raises(RequestError, match="trust-plugins"):
        load_plugins_of(made)
    trust_all(True)
    load_plugins_of(made)
    assert not Path("~").exists()


def test_a_changed_plugin_is_refused_on_resume_too(
    made: RunFolder, fresh: pytest.MonkeyPatch, typed: Typed, tmp_path: Path
) -> None:
    Image.fromarray(np.zeros((8, 8), np.uint8)).save("image.png")
    own = made.path.parent / "own.py"
    own.write_text(PLUGIN + "\n# changed\n")
    try:
        for words in (
            ["predict", made.path, "image.png"],
            ["train", "--run", made.path, "--resume"],
            ["compare", made.path, "digits-joint"],
        ):
            code, _, err = typed(*words, "--trust-plugins")
            assert code == 2
            assert f"plugins: expected {own} as it was, SHA-256 " in err
            assert "put the old file back" in err
    finally:
        own.write_text(PLUGIN)


def test_a_run_without_digests_is_opened_by_the_flag_alone(
    made: RunFolder, fresh: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old = copied(made, tmp_path / "old")
    old.origins.unlink()
    manifest.forget(old.origins)
    trust(old.recipe.plugins, "as a test says")
    with pytest.raises(RequestError, match=r"Received: none, from an earlier version .* add --trust-plugins"):
        load_plugins_of(old)
    trust_all(True)
    load_plugins_of(old)


def test_children_inherit_what_is_trusted(made: RunFolder, fresh: pytest.MonkeyPatch, tmp_path: Path) -> None:
    trust(made.recipe.plugins, "as a test says")
    fresh.setenv("XDG_CONFIG_HOME", str(tmp_path / "another"))
    for name, value in inherited().items():
        fresh.setenv(name, value)
    forget(fresh)
    load_plugins_of(made)
    assert not plugins.trusts_all()
    trust_all(True)
    fresh.setenv(*next(iter(inherited().items())))
    forget(fresh)
    assert plugins.trusts_all()


def test_a_comparison_trains_with_a_plugin_in_its_workers(
    made: RunFolder, fresh: pytest.MonkeyPatch, typed: Typed, tmp_path: Path
) -> None:
    own = made.path.parent / "own.toml"
    words = ["compare", own, "digits-joint", "--seeds", "1", "--to", "compared", *(f"--set={one}" for one in SHORT)]
    fresh.setattr(plugins, "_memory", lambda: None)  # what the workers know, they know from their parent
    fresh.setenv("XDG_CONFIG_HOME", str(tmp_path / "nothing"))
    code, _, err = typed(*words)
    assert code == 0, err
    assert "as the recipe" in err
    run = RunFolder(tmp_path / "compared" / "runs" / "own" / "seed-0")
    assert read_json(run.origins)["plugins"] == read_json(made.origins)["plugins"]


def test_a_plugin_has_a_module_of_its_own(fresh: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = "from dataclasses import dataclass\n@dataclass\nclass Point:\n    x: 'int' = 1\n"
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "my own.py").write_text(text)
    files = ["one/my own.py", "two/my own.py"]
    trust(files, "as a test says")
    load_plugins(files)
    modules = [sys.modules[name] for name in sys.modules if name.startswith("kerasae_plugin_my_own_")]
    assert [Path(module.__file__ or "").parent.name for module in modules] == ["one", "two"]
    point = modules[0].Point(2)
    assert pickle.loads(pickle.dumps(point)) == point
    for module in modules:
        del sys.modules[module.__name__]


def test_what_is_hashed_is_what_runs(fresh: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A compiled copy beside the file, of its time and size, is not read; a later change is not taken for the same."""
    import importlib.util
    import os
    import py_compile

    own = tmp_path / "own.py"
    own.write_text("raise SystemError('the compiled one')")
    status = own.stat()
    py_compile.compile(str(own), doraise=True)
    assert Path(importlib.util.cache_from_source(str(own))).is_file()
    own.write_text("x = 'the text that the hash is of'  #")
    assert own.stat().st_size == status.st_size
    os.utime(own, ns=(status.st_atime_ns, status.st_mtime_ns))
    trust(["own.py"], "as a test says")
    load_plugins(["own.py"])
    own.write_text("x = 2")
    trust(["own.py"], "as a test says")
    with pytest.raises(RequestError, match="as this process has imported it"):
        load_plugins(["own.py"])


def test_a_recipe_of_the_user_says_what_it_imports(
    fresh: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("a.py").write_text("")
    Path("base.toml").write_text('extends = "joint"\nplugins = ["a.py"]\n')
    Path("own.toml").write_text('extends = "base.toml"\n')
    read_named("own.toml")
    read_named("own.toml")
    assert capsys.readouterr().err.count("a.py (SHA-256 e3b0c44298fc), as the recipe own.toml says") == 1
    read_named("joint")
    assert capsys.readouterr().err == ""


def test_resume_notices_that_the_model_it_starts_from_has_changed(digits_run: Path, tmp_path: Path) -> None:
    other = copied(RunFolder(digits_run), tmp_path / "other")
    run = RunFolder.create(tmp_path / "run", "run")
    write_json(run.origins, {"plugins": {}, "start_from": {str(other.path): "0" * 64}})
    with pytest.raises(RequestError, match=rf"start_from: expected the model of {other.path} as it was"):
        check_start(run, [str(other.path)])
    run.origins.write_text(json.dumps({"plugins": []}))
    with pytest.raises(RequestError, match=r"origins\.json is damaged"):
        check_start(run, [str(other.path)])
