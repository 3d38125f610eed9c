"""The public functions, as a notebook calls them."""

from __future__ import annotations

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
    "phases.0.min_steps": 0,
    "phases.0.augment": [],
    "phases.0.batch_size": 8,
}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_task(Path("task.npz"))


def public_functions() -> list[str]:
    return [name for name in kerasae.__all__ if inspect.isfunction(getattr(kerasae, name))]


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
    with pytest.raises(AttributeError, match="has no attribute 'trian'"):
        kerasae.trian  # noqa: B018


def test_a_run_is_trained_and_used_twice_over() -> None:
    with pytest.raises(RequestError, match=r"phases\.0\.epochs"):
        kerasae.train("joint", overrides={**TINY, "phases.0.epochs": -1})
    runs = [kerasae.train("joint", run=name, overrides=TINY) for name in ("first", "second")]
    run = runs[0]
    assert repr(run) == "Run('first')"
    assert run.recipe.phases[0].epochs == 1
    assert run.class_names == ("0", "1")
    metrics = [runs[0].evaluate(), kerasae.evaluate("first"), run.metrics]
    assert {metric["test"]["num_pictures"] for metric in metrics} == {20}

    image = np.zeros((8, 8), np.uint8)
    Image.fromarray(image).save("black.png")
    answers = [run.predict(source)[0] for source in (image, Image.fromarray(image), "black.png", Path("black.png"))]
    answers += [kerasae.predict("first/export", np.stack([image, image])[..., None])[1]]
    assert len({answer.label for answer in answers}) == 1
    np.testing.assert_allclose([answer.probability for answer in answers], answers[0].probability, rtol=1e-5)

    for _ in range(2):
        assert run.export() == Path("first/export")
        assert kerasae.explore(run, maps=["pca"]).is_file()
        assert run.report().is_file()
    assert kerasae.export("second", to="served") == Path("served")
    assert kerasae.train(run="first", resume=True).path == Path("first")
    with pytest.raises(RequestError, match="resume: expected run and nothing else"):
        kerasae.train("joint", run="first", resume=True)
    with pytest.raises(RequestError, match=r"run: expected the directory of a run"):
        kerasae.Run("third")
