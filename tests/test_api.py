"""The public functions, as a notebook calls them."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from bright_halves import write_task
from PIL import Image

import kerasae
from kerasae.utils.errors import RequestError

TINY = {
    "data.source": "task.npz",
    "data.validation": 0.25,
    "precision": "float32",
    "model.encoder": {"name": "baseline", "filters": [4, 4]},
    "model.classifier": {"name": "baseline", "filters": [8], "dense": []},
    "phases.0.epochs": 1,
    "phases.0.schedule": "constant",
    "phases.0.min_steps": 0,
    "phases.0.augment": [],
    "phases.0.batch_size": 8,
}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_task(Path("task.npz"))


def test_the_package_is_imported_without_tensorflow() -> None:
    code = "import kerasae, sys; assert not {'tensorflow', 'keras', 'numpy'} & set(sys.modules); print(dir(kerasae))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert {"train", "Run", "layers"} <= set(eval(shown))


def test_every_public_name_is_there_and_documented() -> None:
    for name in kerasae.__all__:
        assert name in dir(kerasae)
        if name != "__version__":
            assert inspect.getdoc(getattr(kerasae, name))
    assert kerasae.layers.Rejection
    importlib.import_module("kerasae.tune")  # which runs nothing, and does not take the function's place
    importlib.import_module("kerasae.__main__")
    assert inspect.isfunction(kerasae.tune)
    with pytest.raises(AttributeError, match="has no attribute 'trian'"):
        kerasae.trian  # noqa: B018


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("train", ("no-such-recipe",)),
        ("evaluate", ("missing",)),
        ("predict", ("missing", "black.png")),
        ("explore", ("missing",)),
        ("generate", ("missing",)),
        ("export", ("missing",)),
        ("compare", (["no-such-recipe"],)),
        ("tune", ("no-such-recipe",)),
        ("Run", ("missing",)),
    ],
)
def test_each_public_name_is_called_twice(name: str, arguments: tuple) -> None:
    for _ in range(2):  # the modules that the first call imports must not take its place
        with pytest.raises(RequestError, match=r"(expected|missing|no-such-recipe)"):
            getattr(kerasae, name)(*arguments)
    assert getattr(kerasae, name).__module__ == "kerasae.api"


def test_a_run_is_trained_and_used() -> None:
    run = kerasae.train("joint", run="first", overrides=TINY)
    assert repr(run) == "Run('first')"
    assert run.recipe.phases[0].epochs == 1
    assert run.class_names == ("0", "1")
    assert run.metrics["test"]["num_pictures"] == 20

    image = np.zeros((8, 8), np.uint8)
    Image.fromarray(image).save("black.png")
    predictions = [run.predict(source)[0] for source in (image, Image.fromarray(image), "black.png", Path("black.png"))]
    predictions += [kerasae.predict("first/export", np.stack([image, image])[..., None])[1]]
    assert len({prediction.label for prediction in predictions}) == 1
    assert len(run.predict(np.zeros((3, 8, 8), np.uint8))) == 3
    assert repr(run.predict("black.png")).startswith("1 predictions\nimage")
    probabilities = [prediction.probability for prediction in predictions]
    np.testing.assert_allclose(probabilities, [probabilities[0]] * 5, rtol=1e-5)

    assert run.explore(maps=["pca"]).is_file()
    assert run.report().is_file()
    assert run.evaluate()["test"]["label"] == run.metrics["test"]["label"]
    assert kerasae.train(run="first", resume=True).path == Path("first")
    with pytest.raises(RequestError, match="resume: expected run and nothing else"):
        kerasae.train("joint", run="first", resume=True)
    with pytest.raises(RequestError, match=r"phases\.0\.epochs"):
        kerasae.train("joint", overrides={**TINY, "phases.0.epochs": -1})
    with pytest.raises(RequestError, match=r"overrides: seed: expected a number, .* Received: None"):
        kerasae.train("joint", overrides={"seed": None})
    assert kerasae.api._assignments({"seed": np.int64(3), "title": "a"}) == ["seed=3", 'title="a"']
