"""What a search is after, and which epoch speaks for a run."""

import keras
import numpy as np
import pytest
from sklearn.metrics import f1_score

from kerasae.experiments.search.callbacks import MedianRule
from kerasae.experiments.search.objective import Objective, objective_of
from kerasae.metrics import LabelledMacroF1
from kerasae.recipe import Recipe
from kerasae.recipe.loading import load, parse
from kerasae.runs.history import History
from kerasae.utils.errors import RequestError


def asked(*overrides: str, recipe: str = "joint") -> Objective:
    return objective_of(load(recipe, overrides))


@pytest.mark.parametrize(
    ("objective", "name", "direction"),
    [
        ("val_label_accuracy", "val_label_accuracy", "max"),
        ("accuracy", "val_label_accuracy", "max"),
        ("macro_f1", "val_label_macro_f1", "max"),
        ("label_loss", "val_label_loss", "min"),
        ("reconstruction_loss", "val_reconstruction_loss", "min"),
        ("mse", "val_reconstruction_loss", "min"),
        ("val_loss", "val_loss", "min"),
    ],
)
def test_a_name_says_which_way_is_better(objective: str, name: str, direction: str) -> None:
    found = asked(f'search.objective="{objective}"')
    assert (found.name, found.direction) == (name, direction)
    assert found.is_better(0.2, 0.1) == (direction == "max")


def test_a_sum_is_to_be_large_whatever_its_terms() -> None:
    found = asked("search.objective={ accuracy = 2.0, mse = 10.0 }")
    assert found.direction == "max"
    assert found.name == "2 val_label_accuracy - 10 val_reconstruction_loss"
    history = History(["joint"] * 2, {"val_label_accuracy": np.array([0.5, 0.75]),
                                      "val_reconstruction_loss": np.array([0.25, 0.125])})  # fmt: skip
    assert found.curve(history).tolist() == [-1.5, 0.25]


def test_without_one_it_is_what_the_recipe_trains() -> None:
    assert asked().name == "val_label_accuracy"
    assert asked(recipe="autoencoder").name == "val_reconstruction_loss"


def test_an_objective_that_is_not_logged_is_refused() -> None:
    with pytest.raises(RequestError, match=r"search\.objective: .*'val_acuracy'\. Did you mean 'val_label_accuracy'"):
        asked('search.objective="val_acuracy"')
    with pytest.raises(RequestError, match=r"expected val_reconstruction_loss, val_loss, or .*Received: 'accuracy'"):
        asked('search.objective="accuracy"', recipe="autoencoder")


def test_a_phase_logs_what_is_said_of_its_heads() -> None:
    _, autoencoder, classifier = parse({"phases": [
        {"name": "a", "learns": ["encoder"]}, {"name": "b", "learns": ["encoder", "decoder"]},
        {"name": "c", "learns": ["classifier"]},
    ]}).phases  # fmt: skip
    accuracy, both = Objective({"val_label_accuracy": 1.0}), asked("search.objective={ accuracy = 2.0, mse = 10.0 }")
    assert [accuracy.is_logged_by(one) for one in (autoencoder, classifier)] == [False, True]
    assert [both.is_logged_by(one) for one in (_, autoencoder, classifier)] == [True, False, False]
    assert asked("search.objective=val_loss").is_logged_by(autoencoder)


def history(**columns: list[float]) -> History:
    count = len(next(iter(columns.values())))
    phases = ["first"] * (count - 3) + ["last"] * 3
    return History(phases, {"loss": np.zeros(count), **{name: np.array(one, float) for name, one in columns.items()}})


def recipe(**last: object) -> Recipe:
    return parse({"phases": [{"name": "first", "learns": ["encoder", "decoder"]}, {"name": "last", **last}]})


def test_the_epoch_that_counts_is_the_one_whose_weights_are_kept() -> None:
    nan = float("nan")
    found = history(val_label_accuracy=[nan, nan, 0.9, 0.9, 0.8], val_reconstruction_loss=[0.3, 0.1, 0.4, 0.4, 0.2],
                    val_loss=[5, 5, 2.0, 1.0, 0.5])  # fmt: skip
    accuracy, error = Objective({"val_label_accuracy": 1.0}), Objective({"val_reconstruction_loss": 1.0})
    assert accuracy.scored_epoch(found, recipe()) == 3  # of two equal ones that with the lower loss
    assert error.scored_epoch(found, recipe()) == 3  # by what the phase monitors, not by the objective
    assert accuracy.scored_epoch(found, recipe(restore_best=False)) == 4
    assert error.scored_epoch(found, recipe(monitor="val_loss")) == 4
    assert accuracy.scored_epoch(history(val_label_accuracy=[nan] * 3), recipe()) is None
    watched = history(val_reconstruction_loss=[0.3, 0.1, 0.4], val_label_accuracy=[nan, 0.5, 0.6], val_loss=[1, 1, nan])
    assert error.scored_epoch(watched, recipe()) == 2  # as `BestWeights` keeps it


def test_an_epoch_under_other_loss_weights_does_not_count() -> None:
    """The best epoch by `val_loss` is one of those with the last weights: what was kept before is given up."""
    nan = float("nan")
    found = history(val_reconstruction_loss=[0.3, 0.1, 0.4, 0.2, 0.3], val_loss=[5, 5, 0.1, 1.0, 2.0],
                    kl_divergence_weight=[nan, nan, 0.0, 1.0, 1.0], label_weight=[1.0, 1.0, nan, nan, nan])  # fmt: skip
    error = Objective({"val_reconstruction_loss": 1.0})
    assert error.scored_epoch(found, recipe(monitor="val_loss")) == 3
    found.columns["label_weight"] = np.array([1.0, 1.0, 0.9, 0.8, 0.7])
    found.columns["kl_divergence_weight"] = np.full(5, 1.0)
    assert error.scored_epoch(found, recipe(monitor="val_loss")) == 4
    learned = recipe(monitor="val_loss", balance="uncertainty")  # weights that are learned change the loss as others do
    assert error.scored_epoch(found, learned) == 2


def test_values_that_no_phase_logs_together_are_refused() -> None:
    with pytest.raises(RequestError, match=r"one phase logs together\. Received: val_label_accuracy, val_reconstruct"):
        asked("search.objective={ accuracy = 1.0, mse = 5.0 }", recipe="two-stage")


def test_phases_of_one_name_are_told_apart() -> None:
    assert parse({"phases": [{}, {"name": "last"}, {}]}).phase_names == ("joint 1", "last", "joint 2")
    nan = float("nan")
    both = parse({"phases": [{"monitor": "val_loss"}, {"monitor": "val_loss"}]})
    found = History(["joint 1", "joint 2", "joint 2"], {
        "loss": np.zeros(3), "val_loss": np.array([1.0, 3.0, 2.0]), "val_reconstruction_loss": np.array([1.0, nan, 2.0])
    })  # fmt: skip
    assert Objective({"val_reconstruction_loss": 1.0}).scored_epoch(found, both) == 2


def test_only_a_phase_that_logs_the_objective_speaks_for_it() -> None:
    nan = float("nan")
    found = history(val_reconstruction_loss=[0.3, 0.1, nan, nan, nan], val_loss=[0.3, 0.1, 0.2, 0.2, 0.2])
    assert Objective({"val_reconstruction_loss": 1.0}).scored_epoch(found, recipe(learns=["classifier"])) == 1


def test_macro_f1_is_that_of_scikit_learn_over_labelled_images() -> None:
    random = np.random.default_rng(0)
    truth, answers = random.integers(0, 4, 60), random.integers(0, 5, 60)  # the last class is predicted alone
    rows = np.eye(6, dtype=np.float32)[truth]  # a sixth class is not there at all
    rows[::7] = 0
    labelled = rows.any(axis=1)
    metric = LabelledMacroF1(6)
    for part in np.array_split(np.arange(60), 4):
        metric.update_state(rows[part], np.eye(6, dtype=np.float32)[answers[part]])
    expected = f1_score(truth[labelled], answers[labelled], average="macro")
    assert float(metric.result()) == pytest.approx(expected, abs=1e-6)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert again.num_classes == 6
    metric.reset_state()
    assert float(metric.result()) == 0


def rule(*others: list[float], startup: int = 2, warmup: int = 1, larger: bool = True) -> MedianRule:
    pruning = load("joint", [f"search.prune={{startup={startup}, warmup={warmup}}}"]).search.prune  # type: ignore
    objective = Objective({"val_label_accuracy" if larger else "val_loss": 1.0})
    return MedianRule(objective, pruning, 4, lambda: [np.array(one) for one in others])


def test_the_median_rule() -> None:
    others = [0.1, 0.6, 0.5, 0.9], [0.4, 0.4, 0.6, 0.8], [0.2, 0.8, 0.7, 0.9]
    judge = rule(*others)
    assert not judge.stops(np.array([0.0]))  # warm-up
    # Best so far at the second epoch: 0.6, 0.4 and 0.8, of which 0.6 is the median; as good as it goes on.
    assert not judge.stops(np.array([0.0, 0.6]))
    assert judge.stops(np.array([0.0, 0.59]))
    assert not judge.stops(np.array([0.7, 0.1]))  # its own best counts
    assert judge.stops(np.array([0.5, 0.5, 0.5]))
    assert not judge.stops(np.array([0.0, 0.0, 0.0, 0.0]))  # there is nothing left to save
    assert not rule(*others, startup=4).stops(np.array([0.0, 0.0]))
    assert rule(*others, larger=False).stops(np.array([0.9, 0.9]))
    assert not judge.stops(np.array([0.0, float("nan")]))  # an epoch of a phase without the objective
