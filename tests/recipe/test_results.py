import json
import re

import pytest

from benchmarks.pages import filled
from benchmarks.studies import pairs, searches, spaces, tables
from kerasae.files.writing import write_json
from kerasae.recipe.loading import builtin, load
from kerasae.recipe.results import Result, cost, experiment, folder, header_result, in_words, read, spread, usual
from kerasae.runs.folder import RunFolder

KEPT = sorted(folder().rglob("*.json"))


def result(**changes: object) -> Result:
    given = {
        "recipe": "joint",
        "seed": 0,
        "overrides": [],
        "settings": experiment(load("joint")),
        "metrics": {"accuracy": 0.5, "reconstruction_mse": 0.01},
        "per_class": {},
        "curves": {},
        "epochs": 30,
        "seconds": 90.0,
        "machine": "2 CPU cores, bfloat16",
    }
    return Result.model_validate({**given, **changes})


def stale(result: Result) -> bool:
    if result.recipe not in builtin():
        return True
    return experiment(load(result.recipe, result.overrides)) != result.settings


@pytest.mark.parametrize("path", KEPT, ids=lambda path: str(path.relative_to(folder())))
def test_every_kept_result_is_of_its_recipe_as_it_stands(path) -> None:
    kept = read(path)
    assert path.parent == folder() / kept.recipe
    assert not stale(kept), "measure it again: python -m benchmarks.studies run"


@pytest.mark.parametrize("path", sorted(searches.KEPT.glob("*.json")), ids=lambda path: path.stem)
def test_every_kept_search_is_of_its_recipe_as_it_stands(path) -> None:
    kept = json.loads(path.read_text())
    assert kept["settings"] == searches.asked(kept["recipe"], kept["overrides"]), (
        "run it again: python -m benchmarks.studies search"
    )


@pytest.mark.parametrize("path", sorted(spaces.KEPT.glob("*.json")), ids=lambda path: path.stem)
def test_every_kept_exploration_is_of_its_recipe_as_it_stands(path) -> None:
    kept = json.loads(path.read_text())
    assert kept["settings"] == experiment(load(kept["recipe"], kept["overrides"])), (
        "explore it again: python -m benchmarks.studies latents"
    )


def test_an_exploration_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(spaces, "KEPT", tmp_path / "kept")
    run = RunFolder.create(tmp_path / "run", "fine-tune")
    write_json(run.recipe_file, load("study-c/fine-tune", ["seed=3"]).model_dump(mode="json"))
    write_json(run.data_facts, {"class_names": ["bag", "coat"]})
    (run.path / spaces.FOUND.parent).mkdir(parents=True)
    latent = {"overall": 0.8, "per_class": [0.9, 0.7], "neighbours": 10}
    found = {"latent_shape": [10], "num_pictures": 1234, "purity": {"latent": latent, "pixels": {"overall": 0.6}}}
    write_json(run.path / spaces.FOUND, found)
    spaces.keep(run, "study-c/fine-tune", [])
    title = load("study-c/fine-tune").title
    assert spaces.table().splitlines()[2] == (
        f"| {title} | C | 10 | 0.800 | 0.600 | coat 0.70 | 1,234 | 3 | `kerasae train study-c/fine-tune` |"
    )


@pytest.mark.slow
def test_a_search_is_kept_and_told(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(searches, "KEPT", tmp_path / "kept")
    quick = ["search.max_epochs=1", "search.max_trials=2", "model.classifier.dropout=0.25"]
    path = searches.measure("digits-search", None, quick)
    kept = json.loads(path.read_text())
    assert kept["trials"] == 2
    assert kept["epochs"] == 2
    assert max(one["score"] for one in kept["outcomes"]) == kept["score"]
    assert {"model.dropout", "model.encoder.filters.depth"} < set(kept["best"])
    assert kept["settings"] == searches.asked("digits-search", quick)
    row = searches.table().splitlines()[2]
    assert row.endswith(f"| `kerasae tune digits-search {' '.join(f'--set {one}' for one in quick)}` |")
    assert "encoder.filters.depth " in searches.in_words("digits-search")
    assert " (2 trials, " in searches.in_words("digits-search")
    assert searches.in_words("study-c/grid") == ""


def test_the_page_and_the_headers_hold_what_was_measured() -> None:
    for name, path in builtin().items():
        text = path.read_text()
        assert tables.header(text, tables.result(name)) == text, "run: python -m benchmarks.studies tables"
    text = tables.PAGE.read_text()
    assert filled(text, tables.table) == text, "run: python -m benchmarks.studies tables"


def test_every_recipe_of_a_study_is_in_a_table() -> None:
    text = "".join(path.read_text() for path in tables.PAGE.parent.glob("*.md"))
    for name in builtin():
        if load(name).reference is not None:
            verb = "tune" if load(name).search is not None else "train"
            assert f"`kerasae {verb} {name} " in text or f"`kerasae {verb} {name}`" in text


def test_a_changed_recipe_makes_a_result_stale() -> None:
    assert not stale(result())
    assert not stale(result(overrides=["phases.0.epochs=2"], settings=experiment(load("joint", ["phases.0.epochs=2"]))))
    assert stale(result(overrides=["phases.0.epochs=2"]))
    assert stale(result(recipe="gone"))


def test_an_experiment_is_the_same_whatever_the_seed_place_and_machine() -> None:
    same = ["seed=3", "precision=float32", "title=other", "data.memory_limit_mb=5"]
    assert experiment(load("cifar10-joint", [*same, "data.source=/some/where/cifar10.npz"])) == experiment(
        load("cifar10-joint")
    )
    assert experiment(load("joint", ["data.seed=1"])) != experiment(load("joint"))


def test_a_pair_is_compared_over_the_seeds_that_both_have(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {
        "joint": [result(seed=seed, metrics={"accuracy": 0.8 + 0.01 * seed}) for seed in (0, 1, 2)],
        "classifier": [result(seed=seed, metrics={"accuracy": 0.7 + 0.02 * seed}) for seed in (2, 1, 4)],
        "autoencoder": [result(seed=7)],
    }
    monkeypatch.setattr(pairs, "results", kept.__getitem__)
    monkeypatch.setattr(pairs, "PAIRS", {"some": [("joint", "classifier"), ("joint", "autoencoder")]})
    row = pairs.table("some").splitlines()[2]
    # Differences 0.09 and 0.08: 8.5 points, and Student's t with one degree of freedom reaches 12.706 x 0.5 points.
    assert row.split(" | ")[1:3] == ["0.8150 ± 0.0071", "`classifier`"]
    assert row.endswith(" | 0.7300 ± 0.0141 | 30 and 30 | 2 | +8.5 points | +2.1 to +14.9 |")
    assert len(pairs.table("some").splitlines()) == 3  # no seed in common, no line
    kept["classifier"] = kept["classifier"][:1]
    assert pairs.table("some").splitlines()[2].endswith(" | 1 | +8.0 points | - |")


def test_a_side_of_a_pair_may_be_of_fewer_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    short = result(overrides=["phases.0.epochs=2"], metrics={"accuracy": 0.4}, epochs=2)
    monkeypatch.setattr(pairs, "results", {"joint": [result(), short], "classifier": [result()]}.__getitem__)
    monkeypatch.setattr(pairs, "PAIRS", {"some": [("joint phases.0.epochs=2", "classifier")]})
    assert pairs.table("some").splitlines()[2] == (
        "| `joint` | 0.4000 | `classifier` | 0.5000 | 2 and 30 | 1 | -10.0 points | - |"
    )


def test_a_row_says_what_the_study_says_and_both_scales_of_a_standardized_output() -> None:
    there = tables.row("study-e/mnist", [], ())
    assert there[1] == "accuracy 0.9901 ± 0.0008, best 0.9919"
    assert there[2:7] == ["-", "-", "-", "not run yet", "-"]
    metrics = {"reconstruction_mse": 0.002, "reconstruction_loss": 0.031}
    row = tables.row("study-b/z-score", [result(recipe="study-b/z-score", metrics=metrics)], ())
    assert row[4] == "0.00200; 0.031 on the scale of the output"


def test_in_words() -> None:
    assert in_words([]) == cost([]) == ""
    assert in_words([result()]) == "accuracy 0.5000, MSE 0.01000 (seed 0, 30 epochs)"
    two = [result(), result(seed=1, metrics={"accuracy": 0.7}, seconds=30.0)]
    assert in_words(two) == "accuracy 0.6000 ± 0.1414 (2 seeds, 30 epochs)"
    assert cost(two) == "60 s"
    negative = result(metrics={"accuracy": 0.9, "negative.accuracy": 0.1})
    assert in_words([negative]) == "accuracy 0.9000, on negative 0.1000 (seed 0, 30 epochs)"
    assert cost([result()]) == "2 min"
    assert spread([1.0], 2) == "1.00"


def test_the_header_tells_what_came_of_a_search_and_of_an_adversarial_model() -> None:
    assert re.fullmatch(r"encoder\.latent_dim 30, .* \(18 trials, 39\.4 min\)", header_result("study-c/grid"))
    assert "33% of its samples" in header_result("study-c/gan")
    assert header_result("joint") == ""


def test_results_of_the_recipe_itself_come_before_those_of_fewer_epochs() -> None:
    short = result(overrides=["phases.0.epochs=2"])
    assert usual([short, result()]) == [result()]
    assert usual([short]) == [short]
    assert usual([]) == []
