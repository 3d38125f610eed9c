"""What the adapter uses of keras-tuner's private members: as the installed version has it, and nothing else."""

import ast
from pathlib import Path
from typing import Any

import keras_tuner
import pytest

from kerasae.experiments.search import kerastuner
from kerasae.experiments.search.kerastuner.grid import TrialOrder
from kerasae.experiments.search.kerastuner.hyperband import hyperband_schedule

FOLDER = Path(kerastuner.__file__).parent
ORACLE = "Oracle"
# By module the private members of keras-tuner, with the class that has them; a comment at each says why.
USED = {
    "resumable_oracle.py": {"_max_collisions": ORACLE, "_retry_queue": ORACLE, "_save_trial": ORACLE},
    "grid.py": {"_ordered_ids": "GridSearchOracle", "_populate_next": "GridSearchOracle"},
    "bayesian.py": {"_random_populate_space": "BayesianOptimizationOracle"},
    "hyperband.py": dict.fromkeys(
        ("_brackets", "_get_epochs", "_get_num_brackets", "_get_num_rounds", "_get_size", "_remove_completed_brackets"),
        "HyperbandOracle",
    ),
}
# The modules of keras-tuner without a public path.
INTERNAL_IMPORTS = {
    "hyperparameters.py": {"keras_tuner.src.engine.conditions"},
    "protocol.py": {"keras_tuner.src", "keras_tuner.src.distribute.oracle_chief"},
}


def space() -> keras_tuner.HyperParameters:
    result = keras_tuner.HyperParameters()
    result.Choice("a", [1, 2, 3])
    return result


def oracle(name: str) -> Any:
    kind = keras_tuner.Oracle if name == ORACLE else getattr(keras_tuner.oracles, name)
    return kind(objective=keras_tuner.Objective("score", "max"), hyperparameters=space(), seed=1)


@pytest.mark.parametrize("name", sorted({kind for members in USED.values() for kind in members.values()}))
def test_the_installed_keras_tuner_has_the_members(name: str) -> None:
    members = {member for listed in USED.values() for member, kind in listed.items() if kind == name}
    assert members <= set(dir(oracle(name)))


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_no_other_private_member_is_used(path: Path) -> None:
    tree = ast.parse(path.read_text())
    private = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__")
    }
    private |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name[0] == "_"}
    of_keras_tuner = {member for kind in (ORACLE, *keras_tuner.oracles.__dict__) if kind.endswith("Oracle")
                      for member in dir(oracle(ORACLE if kind == "Oracle" else kind))}  # fmt: skip
    assert private & of_keras_tuner - {"__init__"} == set(USED.get(path.name, {}))
    internal = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module is not None
                and node.module.startswith("keras_tuner.src")}  # fmt: skip
    assert internal == INTERNAL_IMPORTS.get(path.name, set())


def test_a_trial_in_the_retry_queue_is_the_next_one(tmp_path: Path) -> None:
    saved = []

    class Oracle(keras_tuner.oracles.RandomSearchOracle):
        def _save_trial(self, trial: Any) -> None:
            saved.append(trial.trial_id)

        def save(self) -> None:
            pass

    retrying = Oracle(objective=keras_tuner.Objective("score", "max"), hyperparameters=space(), seed=1)
    retrying.verbose = 0
    trial = retrying.create_trial("a")
    assert saved == [trial.trial_id]
    retrying.ongoing_trials.clear()
    retrying._retry_queue.append(trial.trial_id)
    assert retrying.create_trial("b").trial_id == trial.trial_id
    assert retrying.get_state()["retry_queue"] == []
    retrying._max_collisions = 1000
    assert {retrying.create_trial(str(number)).hyperparameters.get("a") for number in range(2)} | {
        trial.hyperparameters.get("a")
    } == {1, 2, 3}
    assert retrying.create_trial("c").status == "STOPPED"


def test_a_random_trial_has_values_and_a_status() -> None:
    response = oracle("BayesianOptimizationOracle")._random_populate_space()
    assert response["status"] == "RUNNING"
    assert response["values"]["a"] in (1, 2, 3)


def test_the_order_of_a_grid_is_that_of_keras_tuner() -> None:
    theirs, ours = type(oracle("GridSearchOracle")._ordered_ids)(), TrialOrder()
    assert oracle("GridSearchOracle")._populate_next == []
    for new, before in (("a", None), ("b", None), ("c", "a"), ("d", "c"), ("e", None), ("f", "a")):
        theirs.insert(new, before)
        ours.insert(new, before)
    assert ours.ids == ["a", "f", "c", "d", "b", "e"]
    assert [theirs.next(id) for id in ours.ids] == [ours.next(id) for id in ours.ids]


@pytest.mark.parametrize(("epochs", "factor", "trials", "drawn", "least"), [(9, 3, 23, 17, 1), (4, 3, 10, 8, 2)])
def test_the_schedule_of_hyperband(epochs: int, factor: int, trials: int, drawn: int, least: int) -> None:
    schedule = hyperband_schedule(epochs, factor)
    assert (schedule.num_trials, schedule.num_drawn, schedule.min_epochs) == (trials, drawn, least)


def test_the_brackets_of_hyperband_list_trials_by_round() -> None:
    hyperband = oracle("HyperbandOracle")
    hyperband._remove_completed_brackets()
    assert [set(bracket) for bracket in hyperband._brackets] == [{"bracket_num", "rounds"}]
    response = hyperband.populate_space("0000")
    assert hyperband._brackets[0]["rounds"][0] == [{"past_id": None, "id": "0000"}]
    assert {"tuner/epochs", "tuner/initial_epoch", "tuner/bracket", "tuner/round"} < set(response["values"])
