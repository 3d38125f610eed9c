"""`kerasae evaluate RUN --unknown`, as it is typed."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from command_line import Typed
from PIL import Image

from kerasae.data.collection import open_collection
from kerasae.models import load_trained
from kerasae.ood import open_all, open_unknown_classes
from kerasae.ood.figures.images import heatmap
from kerasae.ood.figures.scores import distributions
from kerasae.recipe import DataRecipe, Recipe
from kerasae.runs.folder import RunFolder


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """Colour images of other sizes than the run's, and one file that is none."""
    folder = tmp_path / "photographs"
    folder.mkdir()
    for index in range(12):
        pixels = np.random.default_rng(index).integers(0, 256, (20, 30 + index, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
    (folder / "broken.png").write_bytes(b"no image")
    return folder


def test_ood_images_get_numbers_figures_and_a_page(typed: Typed, digits_run: Path, photographs: Path) -> None:
    code, out, err = typed("evaluate", digits_run, "--unknown", photographs, "--unknown", "invert")
    assert code == 0, err
    folder = digits_run / "unknown" / "photographs"
    assert str(folder / "unknown.html") in out.replace("\n", "")
    measured = json.loads((folder / "unknown.json").read_text())
    assert (measured["num_unknown"], measured["num_broken"], measured["num_known"]) == (12, 1, 359)
    assert set(measured["scores"]) >= {"joined", "reconstruction", "latent", "label", "energy", "isolation_forest"}
    assert measured["threshold"] == float(load_trained(RunFolder(digits_run)).rejection.threshold)
    with np.load(folder / "scores.npz") as saved, np.load(digits_run / "predictions.npz") as predictions:
        np.testing.assert_allclose(saved["known-joined"], predictions["anomaly_score"], rtol=1e-4, atol=1e-4)
        rates = measured["known_rejected_by_class"]
        assert sum(rate["share"] * rate["support"] for rate in rates) == pytest.approx(
            359 * measured["known_rejected"]["share"]
        )
        assert "the most rejected of the known is" in out
        assert measured["unknown_rejected"]["share"] == np.mean(saved["unknown-joined"] > measured["threshold"])
    negatives = json.loads((digits_run / "unknown" / "invert" / "unknown.json").read_text())
    assert negatives["num_unknown"] == 359
    assert negatives["scores"]["joined"]["auroc"] > 0.95
    assert {path.stem for path in (folder / "figures").iterdir()} >= {"distributions", "compared", "risk", "heatmaps"}
    page = (digits_run / "unknown" / "invert" / "unknown.html").read_text()
    assert f"{negatives['scores']['joined']['auroc']:.3f}" in page
    HTMLParser().feed(page)
    assert "http://" not in page
    assert "https://" not in page


def test_a_bare_or_written_out_transform(typed: Typed, digits_run: Path) -> None:
    code, _, err = typed("evaluate", digits_run, "--unknown", '{name = "gaussian_noise", deviation_range = [99, 99]}')
    assert code == 0, err
    (folder,) = (digits_run / "unknown").glob("*gaussian_noise*")
    assert json.loads((folder / "unknown.json").read_text())["num_unknown"] == 359


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nowhere", r"--unknown: expected digits, .* or a transform of the test images\. Received: 'nowhere'"),
        ('{name = "gaussian_noise", deviation_range = [9, 1]}', r"--unknown: .*as a transform: .*deviation_range"),
        ("empty", r"--unknown: expected images in empty"),
        (str(["posterise"] * 3), r"--unknown: .*as a transform: .*Did you mean 'posterize'"),
        ("", r"--unknown: expected digits, .* or a transform of the test images\. Received: ''"),
    ],
)
def test_what_is_no_source(typed: Typed, digits_run: Path, source: str, message: str) -> None:
    Path("empty").mkdir(exist_ok=True)
    before = sorted((digits_run / "unknown").glob("*")) if (digits_run / "unknown").exists() else []
    code, _, err = typed("evaluate", digits_run, "--unknown", source)
    assert code == 2
    assert len(err.strip().splitlines()) == 1
    assert re.search(message, err), err
    assert before == (sorted((digits_run / "unknown").glob("*")) if before else [])


def test_ood_images_of_the_same_name_are_kept_apart(typed: Typed, digits_run: Path, photographs: Path) -> None:
    photographs = photographs.rename(photographs.with_name("alike"))
    other = photographs.with_name("other") / "alike"
    other.mkdir(parents=True)
    Image.new("L", (9, 9)).save(other / "0.png")
    code, out, err = typed("evaluate", digits_run, "--unknown", photographs, "--unknown", other)
    assert code == 0, err
    assert "12 (1 broken)" in out
    counts = [
        json.loads((digits_run / "unknown" / name / "unknown.json").read_text())["num_unknown"]
        for name in ("alike", "alike-2")
    ]
    assert counts == [12, 1]
    code, out, err = typed("evaluate", digits_run, "--unknown", other)  # by itself it goes where it was
    assert code == 0, err
    assert "alike-2" in out.replace("\n", "")


def test_scores_beyond_the_end_are_in_the_last_bar() -> None:
    for threshold in (7.27, 7.28, 7.29, 7.3):
        known, few = np.full(200, 1.0, np.float32), np.full(5, 1e3, np.float32)
        figure = distributions(known, few, [threshold])
        heights = [patch.get_height() for patch in figure.axes[0].patches if hasattr(patch, "get_height")]
        assert sum(heights) == pytest.approx(2.0), threshold


def test_a_heatmap_is_black_where_nothing_differs() -> None:
    sample_image = np.full((2, 2, 3), 51, np.uint8)
    rebuilt = np.full((2, 2, 3), 0.2)
    rebuilt[0, 0] = 0.7
    pixels = heatmap(sample_image, rebuilt)
    assert pixels.shape == (2, 2, 3)
    assert pixels[1, 1].max() < 5
    assert pixels[0, 0].min() > 150  # the brightest, since half of the range and more is missed


def test_classes_that_are_left_out_are_ood(typed: Typed, digits_run: Path) -> None:
    short = [
        "--set",
        "phases.0.epochs=2",
        "--set",
        "phases.0.schedule=constant",
        "--set",
        "model.encoder.filters=[4, 8]",
    ]
    code, _, err = typed("train", "--run", "without", *short, "--set", "data.leave_out=['3', '8']")
    assert code == 0, err
    run = RunFolder(Path("without"))
    assert json.loads(run.data_facts.read_text())["class_names"] == [*"0124567", "9"]
    with np.load(run.predictions) as saved:
        assert saved["probabilities"].shape[1] == 8
    code, _, err = typed("evaluate", "without", "--unknown", "left-out")
    assert code == 0, err
    measured = json.loads(Path("without", "unknown", "left-out", "unknown.json").read_text())
    assert (
        measured["num_unknown"] == 183 + 174
    )  # threes and eights of the digits; all of them, as none was learned from
    code, _, err = typed("evaluate", digits_run, "--unknown", "left-out")
    assert code == 2
    assert "expected a run that was trained with data.leave_out" in err


@pytest.mark.parametrize("names", ["['three']", "['0','1','2','3','4','5','6','7','8','9']"])
def test_what_cannot_be_left_out(typed: Typed, names: str) -> None:
    code, _, err = typed("train", "--run", "x", "--set", f"data.leave_out={names}")
    assert code == 2
    assert re.search(r"data\.leave_out: expected some, not all, of the classes 0, .*9\. Received", err)
    assert not Path("x").exists()


def test_defects_beside_good_images_are_measured_without_being_told(typed: Typed) -> None:
    random = np.random.default_rng(0)
    for folder, count in {"train/good": 100, "test/good": 20, "test/hole": 7, "ground_truth/hole": 7}.items():
        Path("bottle", folder).mkdir(parents=True)
        for index in range(count):
            pixels = random.integers(0, 60 if folder.endswith("good") else 256, (8, 8), dtype=np.uint8)
            Image.fromarray(pixels).save(Path("bottle", folder, f"{index}.png"))
    short = ["phases.0.epochs=1", "model.encoder={name='vgg', filters=[4]}", "data.image_shape=[8, 8, 1]"]
    short = [argument for setting in short for argument in ("--set", setting)]
    code, out, err = typed("train", "anomaly", "--data", "bottle", "--run", "run", *short)
    assert code == 0, err
    assert "hole" in out
    assert "80 images to train on, 20 for validation, 20 for testing" in err
    assert "kept apart, and measured as unknown: hole (7)" in err
    measured = json.loads(Path("run/unknown/hole/unknown.json").read_text())
    assert (measured["num_known"], measured["num_unknown"]) == (20, 7)
    Path("run/unknown/hole/unknown.json").unlink()
    code, out, err = typed("evaluate", "run")
    assert code == 0, err
    assert json.loads(Path("run/unknown/hole/unknown.json").read_text()) == measured
    code, out, err = typed("evaluate", "run", "--unknown", "bottle/test/hole")
    assert code == 0, err
    assert [path.name for path in Path("run/unknown").iterdir()] == ["hole"]  # the same folder


def test_an_own_class_is_kept_in_one_place_wherever_it_lies(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for folder, count in (("train/good", 12), ("test/good", 2), ("test/broken", 2)):
        (tmp_path / "a" / folder).mkdir(parents=True)
        for index in range(count):
            image = Image.fromarray(random.integers(0, 256, (32, 32), np.uint8))
            image.save(tmp_path / "a" / folder / f"{index}.png")
    for source in (tmp_path / "a", tmp_path / "b"):
        if not source.exists():
            (tmp_path / "a").rename(source)
        recipe = Recipe(data=DataRecipe(source=str(source)))
        collection = open_collection(recipe.data, classifies=False)
        unknown_classes = open_unknown_classes(collection, tmp_path / "unknown")
        named = open_all([str(source / "test" / "broken")], recipe, collection, tmp_path / "unknown")
        for images in (*unknown_classes, *named):
            assert (images.name, images.source) == ("broken", "class broken")
        other = open_all([str(source / "test" / "good")], recipe, collection, tmp_path / "unknown")
        assert other[0].source == str((source / "test" / "good").resolve())
