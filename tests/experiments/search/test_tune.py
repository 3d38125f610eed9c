"""`kerasae tune`, as it is typed; trials take place in this process, but for the slow tests."""

import csv
import json
import re
import shutil
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from command_line import Typed
from rich.console import Console

from kerasae.experiments.search.plan import SearchPlan
from kerasae.experiments.search.planning import plan_search
from kerasae.experiments.search.results import read_results
from kerasae.experiments.search.tune import tune
from kerasae.files.locks import alone
from kerasae.files.reading import read_json
from kerasae.recipe import Recipe
from kerasae.recipe.loading import builtin, load

RATE, DECAY = "phases.0.optimizer.learning_rate", "phases.0.optimizer.weight_decay"


def accuracy(recipe: Recipe, epoch: int) -> float:
    """Best at a rate of 0.01 with weight decay."""
    options = recipe.phases[0].optimizer.options
    return round(0.2 * epoch - 0.1 * abs(np.log10(options["learning_rate"]) + 2) + options["weight_decay"], 6)


def rows() -> list[dict[str, str]]:
    with Path("tuner_runs/tiny/trials.csv").open() as file:
        return list(csv.DictReader(file))


def test_a_search_leaves_trials_a_recipe_and_a_page(
    task: Path, here: list[str], drawn: None, pretended, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretended(accuracy)
    code, out, err = typed("tune", "tiny.toml", "--set", "search.max_trials=9", "--set", "search.prune=true")
    assert code == 0, err
    folder = Path("tuner_runs/tiny")
    assert here == [f"{number:04d}" for number in range(9)]
    found = rows()
    assert [row["id"] for row in found] == here
    assert next(iter(found[0])) == "id"
    assert {RATE, DECAY, "score", "status", "val_label_accuracy", "parameters", "reason"} <= set(found[0])
    able = [row for row in found if row["status"] == "completed"]
    best = max(able, key=lambda row: float(row["score"]))
    assert f"{best['id']}: val_label_accuracy {float(best['score']):.5g}" in out
    recipe = load(str(folder / "best.toml"))
    assert recipe.search is None
    assert recipe.phases[0].optimizer.options[RATE.rpartition(".")[2]] == float(best[RATE])
    assert recipe.phases[0].epochs == 4
    assert load(str(folder / "default.toml")).model_copy(update={"data": load("tiny.toml").data}) == load(
        "tiny.toml"
    ).model_copy(update={"search": None})
    page = (folder / "search.html").read_text()
    HTMLParser().feed(page)
    assert not re.search(r"<script|<link|url\(|src=\"(?!data:)", page)
    for link in re.findall(r'href="([^#"]+)"', page):
        assert (folder / link).exists()
    assert {path.stem for path in (folder / "figures").iterdir()} == {
        "parallel", "slices", "importance", "courses", "costs", "progress"
    }  # fmt: skip
    assert len(list((folder / "hparams").glob("*/events.*"))) == 9
    monkeypatch.setattr("kerasae.experiments.search.report.draw", lambda *arguments: {})
    # Again: nothing is left to do.
    before = (folder / "trials.csv").read_bytes()
    assert typed("tune", "tiny.toml", "--set", "search.max_trials=9", "--set", "search.prune=true")[0] == 0
    assert len(here) == 9
    assert (folder / "trials.csv").read_bytes() == before
    # More trials of the same search follow the first ones.
    assert typed("tune", "tiny.toml", "--set", "search.max_trials=11", "--set", "search.prune=true")[0] == 0
    assert here[9:] == ["0009", "0010"]
    assert [row["id"] for row in rows()] == here


def test_the_same_seed_gives_the_same_results(task: Path, here: list[str], quiet: Console) -> None:
    found = []
    for name in ("a", "b"):
        overrides = ["search.max_trials=2", "phases.0.epochs=1"]
        tune("tiny.toml", name=name, overrides=overrides, console=quiet)
        found.append(
            [(one.id, one.values, one.score, one.executions) for one in read_results(Path("tuner_runs", name))]
        )
    assert len(found[0]) == 2
    assert found[0] == found[1]


def test_best_and_default_are_compared_on_request(
    task: Path, here: list[str], pretended, quiet: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretended(accuracy)
    asked = []
    monkeypatch.setattr(
        "kerasae.experiments.search.retraining.compare",
        lambda recipes, **more: asked.append((recipes, more)) or "compared",
    )
    made = tune("tiny.toml", retrain=2, console=quiet)
    assert made is not None
    assert made.comparison == "compared"
    ((recipes, more),) = asked
    assert recipes == ["tuner_runs/tiny/default.toml", "tuner_runs/tiny/best.toml"]
    assert (more["seeds"], more["to"]) == (2, Path("tuner_runs/tiny/comparison"))


def test_values_are_told_as_a_recipe_has_them(task: Path, here: list[str], pretended, typed: Typed) -> None:
    pretended(lambda recipe, epoch: 0.1 * epoch)
    space = "search.space={'phases.0.augment'=[[{name='crop', padding=2}]]}"
    code, out, _ = typed("tune", "tiny.toml", "--set", space)
    assert code == 0
    words = " ".join(out.replace("│", " ").split())
    assert '[{ name = "crop", padding = 2 }]' in words


def test_a_better_recipe_takes_the_place_of_the_compared_one(
    task: Path, here: list[str], pretended, quiet: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretended(lambda recipe, epoch: float(recipe.phases[0].optimizer.options["learning_rate"]))
    folder, linked = Path("tuner_runs/tiny/comparison"), 'href="comparison/comparison.html"'

    def train(recipes: list[str], **more: object) -> str:
        # The page is there while the recipes are trained, and does not speak of another best one's runs.
        assert linked not in Path("tuner_runs/tiny/search.html").read_text()
        for name in ("default", "best"):
            (folder / "runs" / name / "seed-0").mkdir(parents=True, exist_ok=name == "default")
        (folder / "comparison.html").touch()
        return "compared"

    monkeypatch.setattr("kerasae.experiments.search.retraining.compare", train)
    scores = []
    seed = "search.seed=1"  # of whose trials the first is not the best
    for trials in (1, 6):
        made = tune("tiny.toml", retrain=1, overrides=[f"search.max_trials={trials}", seed], console=quiet)
        assert made is not None
        scores.append(made.best.score)
    assert scores[0] < scores[1]
    # Again, without training anew: the comparison is still that of the best recipe.
    assert tune("tiny.toml", overrides=[seed], console=quiet) is not None
    assert linked in Path("tuner_runs/tiny/search.html").read_text()


@pytest.mark.parametrize("algorithm", ["grid", "bayesian", "hyperband"])
def test_every_algorithm_ends(algorithm: str, task: Path, here: list[str], pretended, typed: Typed) -> None:
    pretended(accuracy)
    words = ["--set", f"search.algorithm={algorithm}"]
    if algorithm == "grid":
        words += ["--set", f"search.space.{RATE}=[0.001, 0.01, 0.1]"]
    code, _, err = typed("tune", "tiny.toml", *words)
    assert code == 0, err
    found = read_results(Path("tuner_runs/tiny"))
    assert len(found) == 6
    if algorithm == "grid":
        assert len({str(one.values) for one in found}) == 6
    if algorithm == "hyperband":
        assert {one.epochs for one in found} >= {2, 4} or any(one.continues for one in found)


def test_trials_that_fail_do_not_end_a_search(task: Path, here: list[str], pretended, typed: Typed) -> None:
    def fails(recipe: Recipe, epoch: int) -> float:
        if recipe.phases[0].optimizer.options["weight_decay"]:
            raise ValueError(f"too heavy, {recipe.phases[0].optimizer.options['learning_rate']}")
        return accuracy(recipe, epoch)

    pretended(fails)
    code, _, _ = typed("tune", "tiny.toml")
    assert code == 0
    statuses = {row[DECAY]: row["status"] for row in rows()}
    assert statuses == {"0.0": "completed", "0.001": "failed"}
    assert "ValueError: too heavy" in Path("tuner_runs/tiny/search.html").read_text()

    def always(recipe: Recipe, epoch: int) -> float:
        raise ValueError(f"too heavy, {recipe.phases[0].optimizer.options['learning_rate']}")

    pretended(always)
    code, out, err = typed("tune", "tiny.toml", "--name", "other")
    assert (code, out) == (2, "")
    last = err.splitlines()[-1]
    assert re.search(r"expected a trial that does not fail\. Received: 6 failed ones, 6 with: ValueError: too", last)
    assert Path("tuner_runs/other/search.html").is_file()


WRONG = {
    "unknown field": (["search.space.model.droput=[0.1]"], r"model\.droput = 0\.1: .*Did you mean 'dropout'\?"),
    "unknown option": (["search.space.model.encoder.kernel=[3]"], r"model\.encoder\.kernel = 3: .*'kernel_size'\?"),
    "refused end": (["search.space.model.dropout={range=[0.0, 1.0]}"], r"model\.dropout = 1\.0: .*less than 1"),
    "too deep": (["search.space.model.encoder.filters={depth=[1, 5], width=[4]}"], r"filters\.depth = 5: .*halves"),
    "no fit": (["model.encoder.filters=[4, 4, 4, 4]"], r"model\.encoder: 'baseline' halves its image 4 times"),
    "no kind": (["search.space={'model.dropout'={rang=[0.0, 0.5]}}"],
                r"search\.space: model\.dropout\.rang = 0\.0: expected a table .* Did you mean the key 'range'\?"),
    "no hidden label": (["search.space={'data.labelled_share'=[0.25, 0.5]}"], r"labelled_share = 0\.25: .*and without"),
    "too many labels": (["search.space={'data.labelled_per_class'=[2, 5000]}"], r"per_class = 5000: data\.labelled_p"),
    "other images": (["search.space={'data.image_shape'=[[8, 8, 1], [4, 4, 1]]}"], r"data\.image_shape"),
    "no seed left": (["seed=4294967295", "search.executions_per_trial=2"], r"executions_per_trial: expected seeds be"),
    "no phase": (["search.space={'phases.3.batch_size'=[8, 16]}"], r"batch_size = 8: expected an index from 0 to 0"),
    "quoted field": (["search.space.'model.dropout'=[0.0, 1.0]"], r"search\.space: model\.dropout = 1\.0: .*less t"),
    "many folds": (["search.folds=1000"], r"search\.folds: data\.fold: expected a training image for each of 1000"),
    "value twice": (["search.objective={accuracy=1.0, val_label_accuracy=2.0}"], r"val_label_accuracy twice; add the"),
    "empty": (["search.space={}"], r"search\.space: expected at least one field\. Received: none"),
    "objective": (["search.objective=accuraccy"], r"search\.objective: .*'accuraccy'\. Did you mean"),
    "large grid": (["search.algorithm=grid", f"search.space.{RATE}=[0.1, 0.2, 0.3, 0.4]"],
                   r"search\.max_trials: expected at least the 8 trials of the grid\. Received: 6"),
    "endless grid": (["search.algorithm=grid"], r"learning_rate: expected choices, or a range with a step"),
    "algorithm": (["search.algorithm=rndom"], r"search\.algorithm: expected 'random', 'grid'"),
    "late phase": (["search.algorithm=hyperband", ("phases=[{name='a', learns=['encoder', 'decoder'], epochs=3}, "
                    "{name='b', learns=['classifier'], epochs=6}]"), "search.space={'model.dropout'=[0.0, 0.1]}"],
                   r"reach a phase which logs val_label_accuracy, after 3 epochs\. Received: 'hyperband', .* train 1;"),
    "small space": (["search.algorithm=hyperband", "search.max_epochs=9", "phases.0.epochs=9",
                     "search.space={'model.dropout'=[0.0, 0.1]}"], r"at least the 17 combinations .* Received: 2; wid"),
    "both": (["search.algorithm=hyperband", "search.prune=true"], r"expected no prune beside hyperband"),
    "epochs": (["search.algorithm=hyperband", "search.space.phases.0.epochs=[1, 2]"], r"expected no epochs beside hyp"),
    "too short": (["search.max_epochs=2", "phases.0.schedule={name='step', at=[3]}"], r"schedule\.at: expected rising"),
    "name": (["search.name='../x'"], r"search\.name: expected up to 80 letters, digits, '_', '-' and '\.'"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_takes_one_line_and_leaves_nothing(case: str, task: Path, here: list[str], typed: Typed) -> None:
    overrides, message = WRONG[case]
    before = sorted(Path().rglob("*"))
    code, out, err = typed("tune", "tiny.toml", *(word for one in overrides for word in ("--set", one)))
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert re.search(message, err), err
    assert sorted(Path().rglob("*")) == before
    assert here == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--workers", "0"], r"--workers: expected at least 1\. Received: 0"),
        (["--retrain", "0"], r"--retrain: expected at least 1 seed"),
        (["--wait", "0"], r"--wait: expected seconds above 0"),
        (["--name", "none"], r"--name: expected another name than 'none'"),
        (["--name", "a b"], r"search\.name: .*Received: 'a b'"),
    ],
)
def test_options_are_checked(words: list[str], message: str, task: Path, typed: Typed) -> None:
    code, _, err = typed("tune", "tiny.toml", *words)
    assert code == 2
    assert re.search(message, err), err


def test_an_adversarial_recipe_is_refused_before_its_space_is(task: Path, typed: Typed) -> None:
    code, _, err = typed("tune", "study-c/gan", "--data", "task.npz")
    assert code == 2
    assert re.search(r"tune: expected a recipe that is measured on validation images\. Received: an adversarial", err)


def test_another_search_is_not_mixed_with_the_one_that_is_there(
    task: Path, here: list[str], pretended, typed: Typed
) -> None:
    pretended(accuracy)
    assert typed("tune", "tiny.toml")[0] == 0
    for change, said in (
        (f"search.space.{DECAY}=[0.0, 0.1]", r"weight_decay.*0\.001.*Received: .*0\.1"),
        ("search.algorithm=bayesian", r"search\.algorithm random\. Received: search\.algorithm bayesian"),
        ("search.seed=3", r"search\.seed 0\. Received: search\.seed 3"),
        ("phases.0.epochs=5", r"phases\.0\.epochs 4\. Received: phases\.0\.epochs 5"),
    ):
        code, _, err = typed("tune", "tiny.toml", "--set", change)
        assert code == 2
        assert re.search(said, err), err
        assert "give another --name" in err
    assert len(here) == 6
    Path("tuner_runs/mine").mkdir()
    Path("tuner_runs/mine/.search.kerasae-new-0-0-0-0.json").touch()  # of a process that was killed
    assert typed("tune", "tiny.toml", "--set", "search.seed=3", "--name", "mine")[0] == 0
    assert len(here) == 12
    assert (
        read_json(Path("tuner_runs/mine/search.json"))["space_hash"]
        == read_json(Path("tuner_runs/tiny/search.json"))["space_hash"]
    )
    Path("tuner_runs/strange").mkdir()
    Path("tuner_runs/strange/notes.txt").touch()
    code, _, err = typed("tune", "tiny.toml", "--name", "strange")
    assert code == 2
    assert "tuner_runs/strange, which holds no search.json" in err
    arrays = dict(np.load("task.npz"))
    arrays["x_train"][0] += 1
    np.savez("task.npz", **arrays)
    code, _, err = typed("tune", "tiny.toml")
    assert code == 2
    assert "expected the images that tuner_runs/tiny was made with" in err


def test_files_of_others_in_a_search_are_left_alone(task: Path, here: list[str], pretended, typed: Typed) -> None:
    pretended(accuracy)
    folder = Path("tuner_runs/tiny")
    assert typed("tune", "tiny.toml", "--set", "search.max_trials=1")[0] == 0
    shutil.copytree(folder / "trial_0000", folder / "trial_0000_backup")
    users = ["trial_notes.txt", "trial_notes/keep.txt", ".old.3/keep.txt", "hparams/0000/events.csv"]
    users += ["trial_0000/mine/checkpoints/last.npz", "trial_0000/seed-0/notes.txt"]
    for name in users:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("mine")
    assert typed("tune", "tiny.toml", "--set", "search.max_trials=2")[0] == 0
    assert [row["id"] for row in rows()] == ["0000", "0001"]
    assert all((folder / name).read_text() == "mine" for name in users)
    assert (folder / "trial_0000_backup" / "trial.json").is_file()


@pytest.mark.parametrize("content", ["", "{}", "[1]", "{", None])
@pytest.mark.parametrize("name", ["oracle.json", "trial_0000/trial.json"])
def test_a_damaged_file_of_a_search_is_named(
    task: Path, here: list[str], pretended, typed: Typed, name: str, content: str | None
) -> None:
    pretended(accuracy)
    path = Path("tuner_runs/tiny", name)
    assert typed("tune", "tiny.toml", "--set", "search.max_trials=1")[0] == 0
    path.unlink()
    if content is not None:
        path.write_text(content)
    before = sorted(Path("tuner_runs").rglob("*"))
    code, _, err = typed("tune", "tiny.toml", "--set", "search.max_trials=2")
    assert code == 2
    named = path if content is not None or name.startswith("trial") else "trial_0000, which it did not begin"
    assert str(named) in err
    assert sorted(Path("tuner_runs").rglob("*")) == before


def test_a_trial_under_a_number_that_is_not_its_own_is_named(
    task: Path, here: list[str], pretended, typed: Typed
) -> None:
    pretended(accuracy)
    folder = Path("tuner_runs/tiny")
    assert typed("tune", "tiny.toml", "--set", "search.max_trials=1")[0] == 0
    shutil.copytree(folder / "trial_0000", folder / "trial_0001")
    code, _, err = typed("tune", "tiny.toml", "--set", "search.max_trials=2")
    assert code == 2
    assert "Received: trial_0001, which it did not begin, with outcome.json; move it out of there" in err
    assert (folder / "trial_0001" / "outcome.json").is_file()


def test_a_folder_that_is_in_use_is_refused(task: Path, pretended, typed: Typed, monkeypatch) -> None:
    Path("tuner_runs/tiny").mkdir(parents=True)
    with alone(Path("tuner_runs/tiny"), "searching in", "tune"):
        code, _, err = typed("tune", "tiny.toml")
    assert code == 2
    assert (
        "tune: expected tuner_runs/tiny to be free. Received: another process is searching in tuner_runs/tiny (" in err
    )
    assert "wait for it, or give another --name" in err


def test_macro_f1_and_a_sum_reach_the_trials(task: Path, here: list[str], quiet: Console) -> None:
    overrides = ["search.max_trials=1", "phases.0.epochs=2", "search.objective={macro_f1=1.0, mse=2.0}"]
    made = tune("tiny.toml", overrides=overrides, console=quiet)
    assert made is not None
    measures = made.best.metrics
    expected = measures["val_label_macro_f1"] - 2 * measures["val_reconstruction_loss"]
    assert made.best.score == pytest.approx(expected)


def test_train_ignores_the_table(task: Path) -> None:
    from kerasae.data.collection import open_collection
    from kerasae.workflows.begin import resolve

    recipe = load("tiny.toml")
    assert recipe.search is not None
    assert resolve(recipe, open_collection(recipe.data, classifies=True)).search is None


@pytest.mark.parametrize("name", [name for name, path in builtin().items() if "[search]" in path.read_text()])
def test_built_in_searches_say_how_to_run_them(name: str) -> None:
    assert f"kerasae tune {name}" in builtin()[name].read_text()
    found = load(name).search
    assert found is not None
    assert found.space
    for field, one in tomllib.loads(builtin()[name].read_text())["search"]["space"].items():
        assert json.dumps(one), field


def test_a_search_from_before_min_steps_goes_on_without(task: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan_search("older", load("tiny.toml")).write()
    folder = Path("tuner_runs/older")
    assert [phase.epochs for phase in SearchPlan.read(folder).resolved.phases] == [4]
    later = load("tiny.toml", ["phases.0.min_steps=1000"])
    for _ in range(2):
        search = plan_search("older", later)
        search.write()
        assert [(phase.epochs, phase.min_steps) for phase in search.requested.phases] == [(4, 0)]
    assert "was started without min_steps and resumes without" in capsys.readouterr().err
    newer = plan_search("newer", later)
    assert (newer.resolved.phases[0].epochs > 100, newer.requested.phases[0].min_steps) == (True, 1000)
