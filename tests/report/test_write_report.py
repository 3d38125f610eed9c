import base64
import dataclasses
import html
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from kerasae.files.writing import write_json
from kerasae.models import TrainedModel
from kerasae.report import write_report
from kerasae.report.report_figure import report_figure
from kerasae.report.report_figures import TRAINING_FIGURES, kept_image_figures
from kerasae.runs.folder import RunFolder
from kerasae.tasks.joint_evaluation import evaluate
from kerasae.utils.errors import RequestError

BOTH = ("reconstruction", "label")
VOID = {"meta", "img", "br", "link", "input", "hr"}
OF_LABEL = {"label_loss", "label_accuracy", "pseudo_labelled", "confusion", "per_class", "calibration", "mistakes"}
OF_RECONSTRUCTION = {"reconstruction_loss", "kl_divergence", "loss_weights", "reconstructions", "worst_reconstructions"}
OF_ALL = {"learning_rate", "pixels", "class_counts"}


class Page(HTMLParser):
    """The elements of a page; every tag that opens must close in turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.metrics: dict[str, tuple[str, str]] = {}
        self.open: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        attributes = self.elements[-1][1] if self.elements else {}
        if self.open and "data-metric" in attributes and attributes["data-metric"] not in self.metrics:
            self.metrics[attributes["data-metric"]] = (attributes["data-value"], data)


def leaves(tree, path=()):
    """The numbers of a tree by dotted path."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        if isinstance(value, dict | list):
            yield from leaves(value, (*path, str(key)))
        elif not isinstance(value, str):
            yield ".".join((*path, str(key))), value


@pytest.mark.parametrize("heads", [BOTH, ("reconstruction",), ("label",)])
def test_every_number_equals_metrics_json(report, heads):
    reported = report(*heads)
    saved = dict(leaves(json.loads(reported.run.metrics.read_text(encoding="utf-8"))))
    shown = Page(reported.html).metrics
    for path, (value, text) in shown.items():
        assert json.loads(value) == saved[path], path
        assert (text == "n/a") == (saved[path] is None), path
        if text.endswith("%") and text[0] != ">":
            assert float(text[:-1]) / 100 == pytest.approx(saved[path], abs=0.0005), path
    unseen = {path for path in saved if path not in shown and "confusion_matrix" not in path}
    assert unseen <= {"test.reconstruction.loss", "timings.evaluation_seconds"}


def test_the_page_needs_nothing_but_itself(report):
    page = Page(report(*BOTH).html)
    assert not {"script", "link", "iframe"} & {tag for tag, _ in page.elements}
    links = [attributes.get("href") or attributes.get("src") for _, attributes in page.elements]
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    for link in filter(None, links):
        assert link.startswith("data:image/png;base64,") or link.removeprefix("#") in ids
    assert "url(" not in report(*BOTH).html


@pytest.mark.parametrize(
    ("heads", "names"),
    [
        (BOTH, OF_LABEL | OF_RECONSTRUCTION | OF_ALL),
        (("label",), OF_LABEL | OF_ALL),
        (("reconstruction",), OF_RECONSTRUCTION | OF_ALL),
    ],
)
def test_every_figure_of_a_head_that_exists_is_shown_and_kept(report, heads, names):
    reported = report(*heads)
    page = Page(reported.html)
    assert {path.stem for path in reported.run.figures.iterdir()} == names
    images = [attributes for tag, attributes in page.elements if tag == "img"]
    assert len(images) == len(names) == reported.html.count("<figcaption>")
    assert all(len(image["alt"]) > 20 for image in images)
    kept = {path.read_bytes() for path in reported.run.figures.iterdir()}
    assert {base64.b64decode(image["src"].partition(",")[2]) for image in images} == kept


def test_names_are_shown_as_they_are_and_never_obeyed(report):
    reported = report(*BOTH)
    for name in (*reported.collection.class_names, "Cats & <dogs>", "pictures/<i>odd</i>", "warm <up>", "<GPU:0>"):
        assert html.escape(name) in reported.html.replace("&#34;", "&quot;")
        assert name not in reported.html or html.escape(name) == name


def test_recipe_environment_and_data_facts_are_told(report):
    text = " ".join(html.unescape(re.sub(r"<[^>]+>", "", report(*BOTH).html)).split())
    for expected in (
        "broken ? & <b>.png",  # the byte that is no text
        "cannot identify <image> file",
        "train: twin-1.png, test: twin-2.png",
        "groups 1, across splits 1",
        "nested.deep",
        "data.max_broken_fraction",
        '"labelled_fraction": 1.0',
        "logistic regression on scaled pixels",
        "equalize, cut_mix",
        "5 epochs (warm <up> 2, fine $tune$ 3) in 10.0 s",
    ):
        assert expected in text


def test_only_the_images_shown_are_loaded(report):
    assert 10 < report(*BOTH).loaded <= 32
    assert len(report(*BOTH).collection.test) == 120


def test_a_report_without_metrics_is_refused(report, tmp_path):
    reported = report(*BOTH)
    run = RunFolder(tmp_path)
    with pytest.raises(RequestError, match=r"metrics\.json in .* no such file; make it again with: kerasae evaluate"):
        write_report(run, reported.model, reported.collection)
    assert not list(tmp_path.iterdir())


def test_other_test_images_are_refused(report):
    reported = report(*BOTH)
    other = type(reported.collection.test)(60, seed=9)
    with pytest.raises(
        RequestError,
        match=r"expected the 120 test images and labels .*\. Received: 60 test images",
    ):
        write_report(reported.run, reported.model, dataclasses.replace(reported.collection, test=other))


def test_a_model_made_elsewhere_is_reported_without_history_facts_and_environment(report, tmp_path):
    reported = report(*BOTH)
    run = RunFolder(tmp_path)
    for name in ("recipe.json", "metrics.json", "predictions.npz"):
        shutil.copy(reported.run.path / name, tmp_path)
    run.figures.mkdir()
    stale = report_figure("learning_rate", "", "", "", Figure()).png
    (run.figures / "learning_rate.png").write_bytes(stale)
    users = {"my_paper": stale, "notes": b"no PNG", "latent": b""}
    for name, content in users.items():
        (run.figures / f"{name}.png").write_bytes(content)
    text = write_report(run, reported.model, reported.collection).read_text(encoding="utf-8")
    assert {name: (run.figures / f"{name}.png").read_bytes() for name in users} == users
    drawn = {path.stem for path in run.figures.iterdir()} - set(users)
    assert drawn == (OF_LABEL | OF_RECONSTRUCTION | OF_ALL) - {*TRAINING_FIGURES, "class_counts"}
    assert "training" not in {attributes.get("id") for _, attributes in Page(text).elements}
    assert "Broken files" not in text


def test_a_warning_stands_below_the_first_sentence(report, tmp_path):
    reported = report(*BOTH)
    shutil.copytree(reported.run.path, tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    metrics = {**reported.metrics, "cautions": [{"rule": "linear", "text": "a linear model is <better>"}]}
    write_json(run.metrics, metrics)
    page = write_report(run, reported.model, reported.collection).read_text(encoding="utf-8")
    assert "<strong>Warning:</strong> a linear model is &lt;better&gt;." in page


def test_variants_stand_beside_the_test_images(report, tmp_path):
    reported = report(*BOTH)
    shutil.copytree(reported.run.path, tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    recipe = reported.run.recipe.model_dump(mode="json")
    recipe["evaluation"]["variants"] = {"negative": [{"name": "invert"}], "faint": [{"name": "contrast"}]}
    write_json(run.recipe_file, recipe)
    metrics = evaluate(run, TrainedModel(reported.model), reported.collection)
    page = Page(write_report(run, reported.model, reported.collection).read_text(encoding="utf-8"))
    assert "variants" in {attributes.get("id") for _, attributes in page.elements}
    for path in ("label.accuracy", "label.macro_f1", "reconstruction.mse", "reconstruction.ssim", "pixels.mean"):
        for name, measured in metrics["variants"].items():
            value, _ = page.metrics[f"variants.{name}.{path}"]
            assert json.loads(value) == dict(leaves(measured))[path]
    assert sum(tag == "img" for tag, _ in page.elements) == len(OF_LABEL | OF_RECONSTRUCTION | OF_ALL)


def test_a_model_that_broke_down_is_reported(report, tmp_path):
    reported = report(*BOTH)
    run = RunFolder(tmp_path)
    metrics = json.loads(reported.run.metrics.read_text(encoding="utf-8"))
    metrics["test"]["label"] |= {"loss": None, "expected_calibration_error": None}
    run.metrics.write_text(json.dumps(metrics), encoding="utf-8")
    shutil.copy(reported.run.recipe_file, tmp_path)
    arrays = dict(np.load(reported.run.predictions))
    np.savez(run.predictions, **arrays | {"probabilities": np.full_like(arrays["probabilities"], np.nan)})
    page = Page(write_report(run, reported.model, reported.collection).read_text(encoding="utf-8"))
    assert page.metrics["test.label.loss"] == ("null", "n/a")
    assert not (run.figures / "calibration.png").exists()


def test_a_damaged_figure_of_an_earlier_report_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mistakes.png").write_bytes(b"no image")
    (tmp_path / "reconstructions.png").write_bytes(report_figure("reconstructions", "", "", "", Figure((2, 1))).png)
    kept = list(kept_image_figures(tmp_path))
    assert [(figure.name, figure.width, figure.height) for figure in kept] == [("reconstructions", 2.0, 1.0)]
    assert "left out: " in capsys.readouterr().err
