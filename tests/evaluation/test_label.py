import numpy as np
import pytest

from kerasae.evaluation.calibration import expected_calibration_error, reliability
from kerasae.evaluation.label import ClassScores, Confusion, LabelMetrics, label_metrics

NAMES = ("cat", "dog", "eel", "fox")
TRUTH = np.array([0, 0, 0, 0, 1, 1, 1, 2])
PREDICTED = np.array([0, 0, 1, 1, 1, 1, 0, 0])  # eel is missed; fox neither occurs nor is predicted


@pytest.fixture(scope="module")
def metrics() -> LabelMetrics:
    return label_metrics(TRUTH, np.eye(4)[PREDICTED] * 0.6 + 0.1, NAMES)


def test_overall_numbers_by_hand(metrics):
    assert metrics.accuracy == 4 / 8
    assert metrics.balanced_accuracy == pytest.approx((2 / 4 + 2 / 3 + 0) / 3)
    assert metrics.macro_f1 == pytest.approx((4 / 8 + 4 / 7 + 0) / 3)
    assert metrics.loss == pytest.approx(-(np.log(0.7) + np.log(0.1)) / 2)
    assert metrics.expected_calibration_error == pytest.approx(0.7 - 0.5)


def test_what_is_not_defined_is_none(metrics):
    cat, dog, eel, fox = metrics.per_class
    assert (cat.precision, cat.recall, cat.f1, cat.support) == (0.5, 0.5, 0.5, 4)
    assert (dog.precision, dog.recall) == (0.5, pytest.approx(2 / 3))
    assert eel == ClassScores("eel", precision=None, recall=0.0, f1=0.0, support=1)
    assert fox == ClassScores("fox", precision=None, recall=None, f1=None, support=0)


def test_confusions_are_rows_true_columns_predicted_and_largest_first(metrics):
    assert metrics.confusion_matrix == [[2, 2, 0, 0], [1, 2, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    assert metrics.top_confusions == [
        Confusion(true="cat", predicted="dog", count=2, share=0.5),
        Confusion(true="eel", predicted="cat", count=1, share=1.0),
        Confusion(true="dog", predicted="cat", count=1, share=pytest.approx(1 / 3)),
    ]


def test_a_model_that_broke_down_gives_null_not_nan():
    metrics = label_metrics(TRUTH, np.full((8, 4), np.nan), NAMES)
    assert metrics.loss is None
    assert metrics.expected_calibration_error is None


def test_calibration_bins_are_closed_above_and_weigh_by_count():
    # Confidences 0.6 (right, wrong), 0.8 (right), 1.0 (right) in bins of width 0.2.
    probabilities = np.array([[0.6, 0.4], [0.6, 0.4], [0.8, 0.2], [1.0, 0.0]])
    truth = np.array([0, 1, 0, 0])
    bins = reliability(truth, probabilities, num_bins=5)
    assert bins.count.tolist() == [0, 0, 2, 1, 1]
    assert bins.accuracy[2:].tolist() == [0.5, 1.0, 1.0]
    assert bins.error == pytest.approx((2 * 0.1 + 0.2 + 0.0) / 4)


def test_a_sure_and_right_model_is_calibrated():
    assert expected_calibration_error(np.arange(4), np.eye(4)) == 0.0
