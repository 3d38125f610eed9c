"""An AC-GAN from its recipe to its export, as it is typed, and the verbs that refuse it."""

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from command_line import Typed

from kerasae.data.collection import open_collection
from kerasae.files.writing import write_json
from kerasae.generation import judge_training
from kerasae.models import load_generator, load_trained
from kerasae.recipe.loading import builtin, load, parse
from kerasae.runs.folder import RunFolder
from kerasae.utils.errors import RequestError
from kerasae.workflows import train as verb
from kerasae.workflows.begin import resolve

SMALL = [
    "phases.0.epochs=2",
    "phases.0.discriminator={steps=[1, 2], at=[1]}",
    "model.adversarial.noise_dim=6",
    "model.adversarial.generator.filters=[8, 4]",
    "model.adversarial.discriminator.filters=[4, 8]",
    "model.adversarial.sheet_every=1",
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("adversarial") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge_training, "TRAINING_STEPS", 200)
        verb.train("mnist-acgan", data="digits", run=path, overrides=SMALL)
    return path


def test_a_run_holds_what_others_hold(run: Path) -> None:
    opened = RunFolder(run)
    for path in (opened.model, opened.metrics, opened.report, opened.history, opened.export / "saved_model.pb"):
        assert path.is_file()
    metrics = json.loads(opened.metrics.read_text())
    assert metrics["generated"] == json.loads((opened.generated / "generated.json").read_text())
    assert metrics["model"]["parameters"] == sum(metrics["model"]["parameters_by_part"].values())
    assert list(metrics["model"]["parameters_by_part"]) == ["generator", "discriminator"]
    assert {path.stem for path in opened.samples.iterdir()} == {"epoch-0001", "epoch-0002"}
    page = opened.report.read_text()
    assert "0.0 minutes" not in page
    HTMLParser().feed(page)
    assert "http://" not in page
    assert "https://" not in page
    drawn = {path.stem for path in opened.figures.iterdir()}
    assert drawn == {"losses", "shares", "diversity", "sheet-1", "sheet-2", "agreement"}


def test_the_export_makes_the_models_images(run: Path) -> None:
    serve = tf.saved_model.load(str(run / "export")).signatures
    noise = np.random.default_rng(0).standard_normal((5, 6)).astype(np.float32)
    labels = np.array([3, 1, 4, 1, 5])
    served = serve["serving_default"](noise=tf.constant(noise), label=tf.constant(labels))["images"].numpy()
    assert served.dtype == np.uint8
    scaled = load_generator(RunFolder(run)).drawn(noise, np.eye(10, dtype=np.float32)[labels])
    assert np.abs(served - 255.0 * np.asarray(scaled)).max() <= 0.51  # rounded to the nearest level
    arguments = {"count": tf.constant(4, tf.int64), "label": tf.constant(7, tf.int64)}
    first, again, other = (
        serve["sample"](seed=tf.constant(seed, tf.int64), **arguments)["images"].numpy() for seed in (1, 1, 2)
    )
    assert first.shape == (4, 8, 8, 1)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert serve["classes"]()["class_names"].numpy()[7] == b"7"
    assert serve["serving_default"](noise=tf.zeros((0, 6)), label=tf.zeros((0,), tf.int64))["images"].shape[0] == 0


def test_a_class_and_the_way_to_another(typed: Typed, run: Path) -> None:
    code, out, err = typed("generate", run, "--class", 7, "--count", 8, "--between", 3, 8)
    assert code == 0, err
    assert "generator" in out
    with np.load(run / "generated" / "samples.npz") as saved:
        assert saved["generator-images"].shape == (8, 8, 8, 1)
        assert set(saved["generator-label"]) == {7}
        assert saved["between"].shape == (4, 9, 8, 8, 1)


def test_evaluate_report_and_export_again(typed: Typed, run: Path) -> None:
    for arguments in (("evaluate", run), ("report", run), ("export", run, "--to", "again")):
        code, _, err = typed(*arguments)
        assert code == 0, err
    assert Path("again", "saved_model.pb").is_file()


REFUSALS = {
    "predict": (
        lambda run: ["predict", run, "x.png"],
        r"whose adversarial model makes images; use: kerasae generate",
    ),
    "predict from the export": (lambda run: ["predict", run / "export", "x.png"], r"the export of a generator"),
    "strangers": (lambda run: ["evaluate", run, "--unknown", "invert"], r"whose adversarial model makes images"),
    "compare": (
        lambda run: ["compare", "mnist-acgan", "digits-joint"],
        r"expected recipes of models that predict",
    ),
    "judge": (lambda run: ["generate", run, "--judge", run], r"none judges its own images"),
    "between images": (lambda run: ["generate", run, "--between", "3", "x.png"], r"has no encoder"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_a_generator_cannot_do_is_said_in_a_line(case: str, typed: Typed, run: Path) -> None:
    from PIL import Image

    Image.fromarray(np.zeros((8, 8), np.uint8)).save("x.png")
    arguments, message = REFUSALS[case]
    code, _, err = typed(*arguments(run))
    assert code == 2, err
    assert len(err.strip().splitlines()) == 1
    assert re.search(message, err), err


def test_one_test_image_a_class_has_no_diversity(typed: Typed, run: Path, tmp_path: Path) -> None:
    few = RunFolder(shutil.copytree(run, tmp_path / "few"))
    metrics = json.loads(few.metrics.read_text())
    metrics["generated"]["real"]["diversity"] = dict.fromkeys(metrics["generated"]["real"]["diversity"])
    del metrics["generated"]["real"]["agreement"]
    write_json(few.metrics, metrics)
    few.report.unlink()
    code, _, err = typed("report", few.path)
    assert code == 0, err
    assert "within a class; real images -<" in few.report.read_text()


def test_no_phase_starts_from_a_generator(run: Path) -> None:
    with pytest.raises(RequestError, match="expected a model that answers for images"):
        load_trained(RunFolder(run))


@pytest.mark.parametrize("name", [name for name in builtin() if load(name).model.adversarial is not None])
def test_every_adversarial_recipe_fits_its_images(name: str) -> None:
    from kerasae.models import build_adversarial
    from kerasae.training.adversarial import check

    recipe = load(name)
    check(recipe)
    assert recipe.data.source == "mnist"
    model = build_adversarial(recipe.model, (28, 28, 1), 10)
    assert model.num_classes == (10 if recipe.classifies else 0)


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"model": {"adversarial": "acgan", "encoder": "vgg"}}, r"beside model\.adversarial\. Received: encoder"),
        ({"model": {"adversarial": "acgan", "tied": True}}, r"beside model\.adversarial\. Received: tied = True"),
        (
            {"model": {"adversarial": "gan"}, "loss": {"label_smoothing": 0.1}},
            r"loss: expected nothing to be set beside model\.adversarial\. Received: label_smoothing = 0\.1",
        ),
        ({"model": {"adversarial": "gann"}}, r"model\.adversarial\.name: .*Received: 'gann'"),
        ({"phases": [{"discriminator": {}}]}, r"phases\.0\.discriminator: expected none without model\.adversarial"),
        (
            {"model": {"adversarial": "gan"}, "phases": [{"balance": "uncertainty"}]},
            r"phases\.0: expected .* alone beside model\.adversarial\. Received: balance = 'uncertainty'",
        ),
        ({"model": {"adversarial": "gan"}, "precision": "mixed_float16"}, r"another precision than mixed_float16"),
        (
            {"model": {"adversarial": "gan"}, "phases": [{"discriminator": {"steps": [1, 2], "at": [10]}}]},
            r"expected discriminator\.at to hold epochs below the phase's last, 10\. Received: \[10\]",
        ),
        (
            {"model": {"adversarial": "gan"}, "phases": [{"discriminator": {"steps": [1, 2]}}]},
            r"expected rising epochs `at`, one fewer than `steps`",
        ),
    ],
)
def test_recipes_that_mix_two_kinds_of_model(tree: dict, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        parse(tree)


def test_a_gpu_that_prefers_half_precision_trains_a_generator_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "kerasae.training.distribution.precision",
        lambda precision: "mixed_float16" if precision == "auto" else precision,
    )
    recipe = load("mnist-acgan", ["data.source=digits"])
    assert resolve(recipe, open_collection(recipe.data, classifies=True)).precision == "float32"


def test_other_recipes_are_as_they_were() -> None:
    from kerasae.recipe.results import experiment

    assert "adversarial" not in json.dumps(experiment(load("joint")))
    assert "discriminator" not in json.dumps(experiment(load("joint")))


@pytest.mark.slow
def test_a_gan_without_classes(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = ["phases.0.epochs=1", "phases.0.discriminator={steps=[1]}", "model.adversarial.noise_dim=6"]
    arguments = [argument for setting in settings for argument in ("--set", setting)]
    code, out, err = typed("train", "study-c/gan", "--data", "digits", "--run", "gan", *arguments)
    assert code == 0, err
    assert "classes off by" in out
    serve = tf.saved_model.load("gan/export").signatures["serving_default"]
    assert serve(noise=tf.zeros((2, 6)))["images"].shape == (2, 8, 8, 1)
    for arguments, message in (
        (("--class", 3), r"--class: expected none, since the generator of gan takes noise alone"),
        (("--between", 3, 8), r"--between: expected two classes, and a generator that takes them.*takes noise alone"),
    ):
        code, _, err = typed("generate", "gan", *arguments)
        assert code == 2
        assert re.search(message, err), err
