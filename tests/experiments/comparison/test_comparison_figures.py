"""Lines, names and marks of a comparison's figures."""

import numpy as np
import pytest

from kerasae.experiments.comparison import figures
from kerasae.experiments.comparison.figures.differences import Interval
from kerasae.experiments.comparison.figures.learning_curves import mean_curve, spread_apart
from kerasae.experiments.comparison.figures.weights import Kernel

NAMES = [f"recipe {index}" for index in range(10)]


def test_a_course_is_the_mean_of_the_runs_that_have_the_epoch() -> None:
    epochs, mean, low, high = mean_curve([np.array([np.nan, 1.0, 2.0]), np.array([np.nan, 3.0])])
    assert epochs.tolist() == [2, 3]
    assert (mean.tolist(), low.tolist(), high.tolist()) == ([2, 2], [1, 2], [3, 2])


def test_names_keep_their_order_and_their_distance() -> None:
    moved = spread_apart([0.5, 0.51, 0.1, 0.52], 0.1, 0.0, 1.0)
    assert np.argsort(moved).tolist() == [2, 0, 1, 3]
    assert np.diff(sorted(moved)).min() == pytest.approx(0.1, abs=1e-6)
    assert spread_apart([0.1, 0.9], 0.1, 0.0, 1.0) == [0.1, 0.9]
    assert np.ptp(spread_apart([1.0] * 30, 0.1, 0.0, 1.0)) == pytest.approx(1.0)


def test_ten_recipes_are_named_at_their_lines() -> None:
    values = {name: [np.linspace(0.1, 0.9 - 0.01 * i, 5)] for i, name in enumerate(NAMES[:9])}
    figure = figures.learning_curves(values, {}, NAMES, label="label accuracy", share=True)
    training, validation = figure.axes
    assert {text.get_text() for text in training.texts} == set(NAMES[:9])
    assert [text.get_text() for text in validation.texts] == ["no values"]
    looks = {(line.get_color(), line.get_linestyle()) for line in training.lines}
    assert len(looks) == 9


def test_every_run_is_a_point() -> None:
    figure = figures.scores(["a", "b"], [("Accuracy, %", [[90.0, 92.0, 91.0], []])])
    (points,) = [drawn for drawn in figure.axes[0].collections if len(drawn.get_offsets())]
    assert sorted(points.get_offsets()[:, 0]) == [90, 91, 92]


def test_a_difference_without_an_interval_is_a_mark_alone() -> None:
    rows = [Interval(1.0, 0.5, 1.5), Interval(2.0), None]
    figure = figures.differences(["a", "b", "c"], [("Accuracy", rows)])
    assert len(figure.axes[0].lines) == 1 + 2 + 1  # the line at none, the interval with its mark, the mark


def test_a_recipe_without_a_part_has_no_kernel_there() -> None:
    kernel = Kernel(np.linspace(-1, 1, 50), None)
    figure = figures.weights({"a": {"encoder": kernel, "classifier": kernel}, "b": {"encoder": kernel}}, ["a", "b"])
    assert [[text.get_text() for text in axes.texts] for axes in figure.axes] == [[], [], [], ["none"]]


def test_the_same_images_stand_above_every_recipe() -> None:
    sample_images = np.arange(2 * 4 * 4 * 3, dtype=np.uint8).reshape(2, 4, 4, 3)
    figure = figures.side_by_side(
        sample_images, {"a": sample_images / 255.0, "b": sample_images / 510.0}, {"a": 0.0, "b": 0.1}, "xy"
    )
    shown = [axes.images[0].get_array() for axes in figure.axes]
    assert len(shown) == 6
    np.testing.assert_array_equal(shown[0], shown[2])
