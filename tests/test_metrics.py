import keras
import numpy as np
import pytest

from kerasae.metrics import LabelledAccuracy, direction

ROWS = np.array([[1, 0, 0], [0, 0, 0], [0, 0.7, 0.3], [0, 0, 1]], np.float32)
PREDICTED = np.array([[0.9, 0.1, 0], [0.9, 0.1, 0], [0.1, 0.6, 0.3], [1, 0, 0]], np.float32)


def test_counts_labelled_rows_alone() -> None:
    metric = LabelledAccuracy()
    metric.update_state(ROWS, PREDICTED)
    assert float(metric.result()) == pytest.approx(2 / 3)
    metric.update_state(ROWS[1:2], PREDICTED[1:2])  # an unlabelled batch changes nothing
    assert float(metric.result()) == pytest.approx(2 / 3)


def test_takes_weights_as_any_keras_metric() -> None:
    metric = LabelledAccuracy()
    metric.update_state(ROWS, PREDICTED, sample_weight=np.array([3.0, 5.0, 1.0, 1.0]))
    assert float(metric.result()) == pytest.approx(4 / 5)


def test_config_round_trips() -> None:
    metric = LabelledAccuracy(name="other")
    assert keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric)).name == "other"


@pytest.mark.parametrize(("monitor", "expected"), [("val_label_accuracy", "max"), ("val_loss", "min"), ("loss", "min")])
def test_direction(monitor: str, expected: str) -> None:
    assert direction(monitor) == expected
