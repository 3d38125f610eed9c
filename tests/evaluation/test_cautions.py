"""What looks wrong in a run, and what does not."""

import numpy as np
import pytest

from kerasae.cli.tables import summary
from kerasae.evaluation.cautions import cautions
from kerasae.files.reading import read_json
from kerasae.files.writing import write_text
from kerasae.models import TrainedModel
from kerasae.runs.history import History
from kerasae.tasks.joint_evaluation import evaluate

LABELS = np.repeat([0, 1, -1], [30, 10, 5])  # the larger class has three quarters of those with a label
NAN = float("nan")


def history(training: list[float], validation: list[float]) -> History:
    columns = {"label_accuracy": np.array(training), "val_label_accuracy": np.array(validation)}
    return History([""] * len(training), columns)


def rules(training: list[float], validation: list[float]) -> list[str]:
    return [found["rule"] for found in cautions(history(training, validation), LABELS, {})]


@pytest.mark.parametrize(
    ("training", "validation", "expected"),
    [
        ([0.6, 0.99], [0.25, 0.75], ["one_class"]),
        ([0.6, 0.99], [0.25, 0.3], ["one_class"]),
        ([0.6, 0.99], [0.8, 0.775], ["no_transfer"]),  # 0.75 and two errors are 0.887
        ([0.6, 0.85], [0.8, 0.775], []),  # nothing much was learned
        ([0.6, 0.99], [0.5, 0.95], []),
        ([0.6, NAN], [0.775, NAN], []),  # a last phase without labels
        ([NAN], [NAN], []),
    ],
)
def test_the_rules_on_curves(training: list[float], validation: list[float], expected: list[str]) -> None:
    assert rules(training, validation) == expected


def test_nothing_is_said_without_a_history_or_of_one_class() -> None:
    assert cautions(History([], {}), LABELS, {}) == []
    assert cautions(history([0.5], [1.0]), np.zeros(9, int), {}) == []


@pytest.mark.parametrize(("own", "linear", "warned"), [(0.80, 0.95, True), (0.90, 0.95, False), (0.95, 0.80, False)])
def test_a_linear_model_that_is_better_beyond_chance_is_named(own: float, linear: float, warned: bool) -> None:
    label = {"accuracy": own, "per_class": [{"support": 60}, {"support": 40}]}
    metrics = {"baseline": {"linear": {"accuracy": linear}}, "test": {"label": label}}
    found = cautions(History([], {}), LABELS, metrics)
    assert [caution["rule"] for caution in found] == ["linear"] * warned
    if warned:
        assert found[0]["text"].startswith("a linear model is better: 95.0% of the test images against 80.0%; ")


def test_the_terminal_and_the_file_say_it(run, model, collection):
    write_text(run.history, "epoch,phase,label_accuracy,val_label_accuracy\n1,joint,0.99,0.1\n")
    metrics = evaluate(run, TrainedModel(model), collection)
    assert metrics["cautions"][0]["rule"] == "one_class"
    assert read_json(run.metrics)["cautions"] == metrics["cautions"]
    table = summary(run)
    assert metrics["cautions"][0]["text"] in list(table.columns[1].cells)
