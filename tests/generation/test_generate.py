"""`kerasae generate`, as it is typed."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from command_line import Typed
from PIL import Image

from kerasae.data.sources import open_source
from kerasae.generation import judge_training
from kerasae.generation.sample_files import class_folder_names
from kerasae.recipe import DataRecipe
from kerasae.runs.folder import RunFolder
from kerasae.workflows.opening import reopen

METHODS = ("prototypes", "mixtures")


@pytest.fixture(scope="module")
def judge_run(tmp_path_factory: pytest.TempPathFactory, digits_run: Path) -> Path:
    """The judge that the first `generate` of a run leaves."""
    from kerasae.workflows.generate import generate

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge_training, "TRAINING_STEPS", 200)
        generate(digits_run, count=1)
    return digits_run / "generated" / "judge"


def test_every_method_is_judged_and_kept(typed: Typed, digits_run: Path, judge_run: Path) -> None:
    before = (judge_run / "model.keras").stat().st_mtime_ns
    code, out, err = typed("generate", digits_run, "--count", 12, "--between", 3, 8)
    assert code == 0, err
    assert "training a judge" not in err
    assert (judge_run / "model.keras").stat().st_mtime_ns == before
    folder = digits_run / "generated"
    assert str(folder / "generated.html") in out.replace("\n", "")
    result = json.loads((folder / "generated.json").read_text())
    assert tuple(result["methods"]) == METHODS
    assert result["real"]["agreement"]["overall"] > 0.8
    with np.load(folder / "samples.npz") as saved:
        assert saved["between"].shape == (4, 9, 8, 8, 1)
        for name in METHODS:
            labels, named = saved[f"{name}-label"], saved[f"{name}-named"]
            assert saved[f"{name}-images"].shape == (120, 8, 8, 1)
            np.testing.assert_array_equal(labels, np.repeat(np.arange(10), 12))
            measured = result["methods"][name]["agreement"]
            assert measured["overall"] == pytest.approx(np.mean(labels == named))
            assert measured["per_class"]["7"] == pytest.approx(np.mean(named[labels == 7] == 7))
        image = np.asarray(Image.open(folder / "pictures" / "mixtures" / "7" / "0003.png"))
        np.testing.assert_array_equal(image, saved["mixtures-images"][7 * 12 + 3, :, :, 0])
    page = (folder / "generated.html").read_text()
    HTMLParser().feed(page)
    assert "http://" not in page
    assert "https://" not in page
    drawn = {path.stem for path in (folder / "figures").iterdir()}
    assert drawn == {"agreement", "between", "distances", *(f"{kind}-{name}" for kind in ("samples", "copies") for name in METHODS)}  # fmt: skip  # noqa: E501


def test_the_same_words_make_the_same_images(typed: Typed, digits_run: Path, judge_run: Path) -> None:
    def generated_images(*arguments: object) -> np.ndarray:
        code, _, err = typed("generate", digits_run, "--judge", judge_run, *arguments)
        assert code == 0, err
        with np.load(digits_run / "generated" / "samples.npz") as saved:
            return saved["prototypes-images"]

    first = generated_images("--class", 7, "--class", 2, "--count", 3)
    np.testing.assert_array_equal(generated_images("--class", 7, "--count", 3), first[:3])
    assert not np.array_equal(generated_images("--class", 7, "--count", 3, "--seed", 1), first[:3])
    still = generated_images("--class", 7, "--count", 3, "--noise", 0)
    assert np.ptp(still, axis=0).max() == 0


def test_between_images(typed: Typed, digits_run: Path, judge_run: Path) -> None:
    for name in ("one.png", "other.png"):
        Image.fromarray(np.random.default_rng(len(name)).integers(0, 256, (20, 30, 3), dtype=np.uint8)).save(name)
    arguments = ("--count", 2, "--judge", judge_run, "--between")
    code, _, err = typed("generate", digits_run, *arguments, "one.png", "other.png")
    assert code == 0, err
    with np.load(digits_run / "generated" / "samples.npz") as saved:
        assert saved["between"].shape == (1, 9, 8, 8, 1)
    assert json.loads((digits_run / "generated" / "generated.json").read_text())["between"] == ["one.png", "other.png"]


WRONG = {
    "unknown class": (["--class", "seven"], r"--class: expected classes of 0, .*, 9\. Received: 'seven'"),
    "count": (["--count", 0], r"--count: expected at least 1\. Received: 0"),
    "seed": (["--seed", -1], r"--seed: expected 0 and up\. Received: -1"),
    "noise": (["--noise", -1], r"--noise: expected 0 and up\. Received: -1"),
    "between": (["--between", "3", "nothing.png"], r"--between: expected classes of 0, .* or paths of images\. "),
    "no judge": (["--judge", "nowhere"], r"expected the directory of a run\. Received: 'nowhere'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_is_said_in_a_line(case: str, typed: Typed, digits_run: Path) -> None:
    arguments, message = WRONG[case]
    code, _, err = typed("generate", digits_run, *arguments)
    assert code == 2
    assert len(err.strip().splitlines()) == 1
    assert re.search(message, err), err


@pytest.mark.parametrize(
    "names",
    [
        ["a/b", "a-b", "A-b", "a-b-1"],
        ["🐱", "🐶", "..", ".", "class"],
        ["test", "Unlabeled", "dog.png", ".hidden", "valid", "Training", "testing"],
        ["long " + "裤" * 300, "long " + "裤" * 300 + "!"],
    ],
)
def test_every_class_gets_a_folder_of_its_own(names: list[str], tmp_path: Path) -> None:
    folders = class_folder_names(names)
    assert len({name.lower() for name in folders}) == len(names)
    for folder in folders:
        (tmp_path / folder).mkdir()
        Image.new("L", (8, 8)).save(tmp_path / folder / "0000.png")
    source = open_source(DataRecipe.model_validate({"source": str(tmp_path), "image_shape": [8, 8, 1]}))
    assert set(source.class_names) == set(folders)
    assert len(source.parts["train"]) == len(names)


def test_a_run_cannot_judge_itself(typed: Typed, digits_run: Path) -> None:
    code, _, err = typed("generate", digits_run, "--judge", digits_run)
    assert code == 2
    assert "none judges its own images" in err


def test_a_model_without_decoder_makes_no_images(typed: Typed, judge_run: Path) -> None:
    code, _, err = typed("generate", judge_run)
    assert code == 2
    assert re.search(r"expected a run whose model has a decoder, .* Received: .*, which classifies alone; train", err)
    assert not (judge_run / "generated").exists()


def test_a_judge_has_to_classify_the_same(typed: Typed, digits_run: Path, judge_run: Path) -> None:
    other = Path("other")
    other.mkdir()
    for name in ("recipe.json", "data.json", "model.keras"):
        (other / name).write_bytes((judge_run / name).read_bytes())
    facts = json.loads((other / "data.json").read_text())
    (other / "data.json").write_text(json.dumps({**facts, "class_names": list("012345678")}))
    code, _, err = typed("generate", digits_run, "--judge", other)
    assert code == 2
    assert re.search(r"expected a run that knows the classes 0, .*\. Received: 'other', which does not know 9", err)
    (other / "data.json").write_text(json.dumps(facts))
    recipe = json.loads((other / "recipe.json").read_text())
    recipe["data"]["image_shape"] = [16, 16, 1]
    (other / "recipe.json").write_text(json.dumps(recipe))
    code, _, err = typed("generate", digits_run, "--judge", other)
    assert code == 2
    assert re.search(r"expected a run on images of \[8, 8, 1\]\. Received: 'other', on \[16, 16, 1\]", err)


def test_a_killed_judge_goes_on(typed: Typed, digits_run: Path, judge_run: Path) -> None:
    """What training needs to go on is written before it begins."""
    run = RunFolder(judge_run)
    for path in (run.recipe_file, run.data_facts, run.environment, run.checkpoints / "last.npz"):
        assert path.is_file()


@pytest.mark.slow
def test_a_trained_model_makes_what_is_asked_for(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge_training, "TRAINING_STEPS", 1000)
    code, _, err = typed("train", "digits-joint", "--run", "digits", "--set", "phases.0.epochs=20")
    assert code == 0, err
    code, _, err = typed("generate", "digits")
    assert code == 0, err
    result = json.loads(Path("digits", "generated", "generated.json").read_text())
    assert result["real"]["agreement"]["overall"] > 0.95
    for name in METHODS:
        assert result["methods"][name]["agreement"]["overall"] > 0.5, name  # chance is 0.1


@pytest.mark.slow
def test_images_without_classes(typed: Typed) -> None:
    """An autoencoder of unlabelled images: one mixture for all, and no judge."""
    Path("pictures").mkdir()
    for index in range(60):
        pixels = np.random.default_rng(index).integers(0, 256, (16, 16, 1), dtype=np.uint8)
        Image.fromarray(pixels[..., 0]).save(Path("pictures", f"{index}.png"))
    short = ["--set", "phases.0.epochs=1", "--set", "model.encoder.filters=[4, 4]"]
    code, _, err = typed("train", "autoencoder", "--data", "pictures", "--run", "plain", *short)
    assert code == 0, err
    code, out, err = typed("generate", "plain", "--count", 5)
    assert code == 0, err
    result = json.loads(Path("plain", "generated", "generated.json").read_text())
    assert list(result["methods"]) == ["mixtures"]
    assert result["judge"] is None
    assert "agreement" not in out
    code, _, err = typed("generate", "plain", "--class", "3")
    assert code == 2
    assert "none, since the run was trained without labels" in err


@pytest.mark.slow
def test_a_variational_model_samples_its_prior(typed: Typed) -> None:
    short = ["--set", "phases.0.epochs=2", "--set", "model.encoder.filters=[4, 8]", "--set", "model.variational=true"]
    code, _, err = typed("train", "digits-joint", "--run", "variational", *short)
    assert code == 0, err
    code, out, err = typed("generate", "variational", "--count", 5)
    assert code == 0, err
    result = json.loads(Path("variational", "generated", "generated.json").read_text())
    assert list(result["methods"]) == ["prototypes", "mixtures", "prior"]
    assert sum(
        share["share"] for share in result["methods"]["prior"]["balance"]["per_class"].values()
    ) == pytest.approx(1)
    assert "classes off by" in out
    code, _, err = typed("generate", "variational", "--count", 5, "--class", 3)
    assert code == 0, err
    result = json.loads(Path("variational", "generated", "generated.json").read_text())
    assert list(result["methods"]) == ["prototypes", "mixtures"]  # the prior knows no classes


def test_the_judges_batches_are_shared_out_evenly(digits_run: Path) -> None:
    run = RunFolder(digits_run)
    collection = reopen(run)
    for num_replicas, expected in ((1, 128), (3, 126), (100, 100)):
        recipe = judge_training.judge_recipe(run, collection, num_replicas)
        assert recipe.phases[0].batch_size == expected
