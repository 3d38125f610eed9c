"""`kerasae explore RUN`, as it is typed."""

import base64
import dataclasses
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from command_line import Typed
from PIL import Image

from kerasae.exploration import figures
from kerasae.exploration.latents import EncodedImages, ImageLatents
from kerasae.exploration.maps import Map
from kerasae.exploration.report import write_page
from kerasae.exploration.report_figures import map_figures
from kerasae.exploration.result import ExplorationResult
from kerasae.runs.folder import RunFolder
from kerasae.workflows.opening import reopen
from kerasae.workflows.train import train


def embedded(page: str) -> dict:
    return json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)[1])


def test_an_exploration(typed: Typed, digits_run: Path) -> None:
    code, out, err = typed("explore", digits_run, "--maps", "pca,tsne")
    assert code == 0, err
    folder = digits_run / "explore" / "test"
    assert out.strip() == str(folder / "explore.html")
    assert "pooled to the mean of its 16 channels" in err
    latents = ImageLatents.read(folder / "latents.npz")
    with np.load(digits_run / "predictions.npz") as predictions:
        np.testing.assert_array_equal(latents.label, predictions["label"])
        np.testing.assert_array_equal(latents.prediction, predictions["probabilities"].argmax(axis=1))
        np.testing.assert_allclose(latents.confidence, predictions["probabilities"].max(axis=1), atol=1e-5)
    assert latents.latent.shape == (359, 16)
    numbers = json.loads((folder / "exploration.json").read_text())
    assert 0.3 < numbers["purity"]["latent"]["overall"] <= 1
    assert numbers["latent_shape"] == [2, 2, 16]
    assert np.array(numbers["centroid_distances"]).shape == (10, 10)
    names = {path.stem for path in (folder / "figures").glob("*.png")}
    assert names == {
        "pca",
        "tsne",
        "variance",
        "centroids",
        "purities",
        "neighbours",
        "filters",
        "activations",
        "weights",
    }
    assert ImageLatents.read(digits_run / "explore" / "training.npz").latent.shape[1] == 16

    page = (folder / "explore.html").read_text()
    HTMLParser().feed(page)
    assert not re.search(r"https?://(?!www\.w3\.org)", page)
    data = embedded(page)
    titles = [f"{method} of {space}" for space in ("latents", "raw pixels") for method in ("PCA", "t-SNE")]
    assert [map_["title"] for map_ in data["maps"]] == titles
    assert len(data["names"]) == 359
    np.testing.assert_array_equal(np.frombuffer(base64.b64decode(data["label"]), "<i2"), latents.label)
    assert len(base64.b64decode(data["maps"][0]["xy"])) == 359 * 2 * 2
    report = (digits_run / "report.html").read_text()
    assert 'href="explore/test/explore.html"' in report
    assert 'id="figure-tsne"' in report


def test_both_directions_of_a_map_have_one_scale() -> None:
    wide = np.random.default_rng(0).normal(size=(50, 2)) * [100.0, 1.0]
    figure = figures.maps([Map("pca", "latent", wide)], np.zeros(50, int), np.zeros(50, bool), ["one"])
    figure.savefig(io.BytesIO())  # limits are found while it is drawn
    (axes,) = figure.axes
    right, up = axes.transData.transform((1.0, 1.0)) - axes.transData.transform((0.0, 0.0))
    assert right == pytest.approx(up, rel=1e-6)


@pytest.mark.parametrize("classifies", [True, False])
def test_a_map_caption_explains_only_what_is_drawn(classifies: bool) -> None:
    label, prediction = np.zeros(5, int) - (not classifies), np.zeros(5, int) - (not classifies)
    latents = ImageLatents(np.zeros((5, 2)), label, prediction, np.zeros(5), np.array(["a"] * 5))
    (figure,) = map_figures([Map("pca", "latent", np.eye(5, 2))], latents, ["one"] if classifies else [])
    assert ("coloured by class" in figure.caption) == ("a ring marks" in figure.caption) == classifies


def test_names_of_classes_cannot_break_the_page(digits_run: Path, tmp_path: Path) -> None:
    names = ("<!--<script>", "</script><b>", *map(str, range(8)))
    collection = dataclasses.replace(reopen(RunFolder(digits_run)), class_names=names)
    latents = ImageLatents(
        np.zeros((2, 2), np.float32), np.arange(2), np.arange(2), np.ones(2), np.array(["<!--", "b"])
    )
    small = np.zeros((2, 8, 8, 1), np.uint8)
    maps = [Map("pca", "latent", np.eye(2, dtype=np.float32))]
    result = ExplorationResult("test", 2, (2,), 2, 0, 30.0, {}, None, None)
    encoded = EncodedImages(latents, small, None)
    page = write_page(tmp_path / "page.html", RunFolder(digits_run), collection.class_names, encoded, maps, result, {})
    text = page.read_text()
    # Within a script, "<!--" followed by "<script" makes the next "</script>" part of it.
    assert "<" not in re.search(r'<script id="data" type="application/json">(.*?)</script>', text, re.DOTALL)[1]
    data = embedded(text)
    assert tuple(class_["name"] for class_ in data["classes"]) == names
    assert data["names"] == ["<!--", "b"]


def test_a_part_of_the_training_images(typed: Typed, digits_run: Path) -> None:
    code, _, err = typed("explore", digits_run, "--split", "train", "--maps", "pca, pca", "--limit", 40)
    assert code == 0, err
    folder = digits_run / "explore" / "train"
    latents = ImageLatents.read(folder / "latents.npz")
    with np.load(folder / "maps.npz") as maps:
        assert len(latents.name) == len(maps["latent-pca"]) == 40
    assert len(embedded((folder / "explore.html").read_text())["maps"]) == 2
    known = ImageLatents.read(digits_run / "explore" / "training.npz")
    assert len(known.name) == len(reopen(RunFolder(digits_run)).train)


def test_the_nearest_training_images_of_a_file(typed: Typed, digits_run: Path, tmp_path: Path) -> None:
    collection = reopen(RunFolder(digits_run))
    Image.fromarray(collection.train.load([5])[0, ..., 0]).save(tmp_path / "known.png")
    code, out, err = typed("explore", digits_run, "--near", tmp_path / "known.png")
    assert code == 0, err
    first = next(line for line in out.splitlines() if "known.png" in line)
    assert collection.train.name(5) in first
    assert float(first.split("│")[2]) < 1e-3  # itself
    with Image.open(digits_run / "explore" / "near.png") as figure:
        assert figure.width > 400


def test_a_latent_of_two_values_without_softmax_head(typed: Typed, tmp_path: Path) -> None:
    run = tmp_path / "flat"
    flat = "model.encoder={name='mlp', units=[32, 2], normalize=false}"
    train("autoencoder", data="digits", run=run, overrides=["phases.0.epochs=1", flat, "model.decoder.name=mlp"])
    code, _, err = typed("explore", run, "--maps", "pca", "--split", "validation")
    assert code == 0, err
    folder = run / "explore" / "validation"
    assert "pooled" not in err
    assert {"plane", "pca", "neighbours"} <= {path.stem for path in (folder / "figures").glob("*.png")}
    data = embedded((folder / "explore.html").read_text())
    assert data["maps"][0]["title"] == "The latent itself"
    assert (np.frombuffer(base64.b64decode(data["prediction"]), "<i2") == -1).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--split", "tests"], r"--split: expected one of train, validation, test\. Received: 'tests'"),
        (["--maps", "pca,mds"], r"--maps: expected one of pca, tsne, umap\. Received: 'mds'"),
        (
            ["--perplexity", "200"],
            r"--perplexity: expected a number below 119\.7, a third of the 359 images\. Received: 200; .*--maps pca",
        ),
        (["--perplexity", "-1"], r"--perplexity: expected a number above 0\. Received: -1"),
        (["--limit", "4"], r"--limit: expected at least 10 images .* Received: 4 of test"),
        (["--near", "nowhere.png"], r"--near: .*'nowhere.png', which does not exist"),
    ],
)
def test_what_cannot_be_explored(typed: Typed, digits_run: Path, arguments: list[str], message: str) -> None:
    code, _, err = typed("explore", digits_run, *arguments)
    assert code == 2
    assert len(err.strip().splitlines()) == 1
    assert re.search(message, err), err
