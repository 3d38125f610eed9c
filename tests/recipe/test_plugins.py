from pathlib import Path

import numpy as np
import pytest

import augment
from kerasae.data.transforms import transforms
from kerasae.models import build
from kerasae.recipe.loading import load
from kerasae.recipe.plugins import load_plugins, trust_all
from kerasae.utils.errors import RequestError
from kerasae.workflows.begin import check, read_named
from kerasae.workflows.train import train

PLUGIN = """
import augment
from PIL import ImageOps
from kerasae.models import ENCODERS
from kerasae.models.encoders.baseline import baseline

@augment.register("mirror_of_plugin")
class Mirror(augment.Transform):
    def sample(self, draws):
        return {}

    def apply(self, image):
        return ImageOps.mirror(image)

@ENCODERS.register("tiny_of_plugin")
def tiny(image_shape, settings, *, width=4):
    return baseline(image_shape, settings, filters=[width, width])
"""


def test_names_of_a_plugin_work_in_a_run_from_a_recipe_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own.py").write_text(PLUGIN)
    Path("own.toml").write_text(
        """extends = "digits-joint"
plugins = ["own.py"]
model.encoder = "tiny_of_plugin"
[[phases]]
epochs = 1
augment = ["mirror_of_plugin"]
"""
    )
    run = train("own.toml")
    recipe = run.recipe
    assert recipe.plugins == [str(tmp_path / "own.py")]
    assert run.report.is_file()
    assert isinstance(transforms(recipe.phases[0].augment, "phases.0.augment")[0], augment.Transform)


def test_the_encoder_that_the_docs_show_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text()
    monkeypatch.chdir(tmp_path)
    for name, mark in (("mobilenet.py", "python\n# mobilenet.py"), ("own.toml", 'toml\nextends = "joint"\nplugins')):
        block = page.split(f"```{mark}")[1].split("```")[0]
        Path(name).write_text(mark.split("\n", 1)[1] + block)
    recipe = read_named("own.toml", ["model.encoder.weights=random"])
    check(recipe)
    model = build(recipe.model, (64, 64, 3), 3, recipe.heads)
    assert model.encoder.output_shape == (None, 2, 2, 576)
    assert model(np.zeros((2, 64, 64, 3), np.uint8))["reconstruction"].shape == (2, 64, 64, 3)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("none.py", None, r"plugins: expected the path of a \.py file\. Received: 'none\.py'"),
        ("notes.txt", "hello", r"Received: 'notes\.txt', which is not one"),
        (
            "broken.py",
            "import not_a_module_of_anybody",
            r"plugins: expected .*broken\.py to be imported without an error\. Received: ModuleNotFoundError: No mod",
        ),
    ],
)
def test_a_plugin_that_cannot_be_run_takes_one_line(
    name: str, text: str | None, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if text is not None:
        Path(name).write_text(text)
    trust_all(True)
    with pytest.raises(RequestError, match=message):
        load_plugins([name])
    trust_all(False)


def test_no_built_in_recipe_runs_foreign_code() -> None:
    assert load("joint").plugins == []
