"""What the figures of a search are made of: axes, the Pareto front, importance; and how pruned trials are marked."""

import numpy as np
import pytest

from kerasae.experiments.search import figures
from kerasae.experiments.search.axes import Axis, short_names
from kerasae.experiments.search.figures.pareto_front import pareto_indices
from kerasae.experiments.search.figures.trial_style import ScoredTrials
from kerasae.experiments.search.importance import parameter_importance
from kerasae.experiments.search.space import Space
from kerasae.recipe.loading import load


def marks(scores: list[float], pruned: list[int] = (), best: int | None = None, larger: bool = True) -> ScoredTrials:
    lost = np.isin(np.arange(len(scores)), pruned)
    return ScoredTrials(np.array(scores), lost, best, "val_label_accuracy", larger)


def axes_of(space: str, *trials: dict) -> list[Axis]:
    found = load("joint", [f"search.space={{{space}}}"]).search
    assert found is not None
    assert found.space is not None
    return [Axis.of_parameter(one, one.name, trials) for one in Space(found.space).parameters]


def test_choices_lie_evenly_and_a_range_as_it_was_drawn() -> None:
    choice, rate, width = axes_of(
        '"model.activation" = ["relu", "elu", "gelu"], "model.l2" = { range = [1e-4, 1e-2], log = true }, '
        '"model.encoder.kernel_size" = { range = [3, 7] }',
        {"model.activation": "elu", "model.l2": 1e-3, "model.encoder.kernel_size": 7},
        {"model.l2": 1e-4},
    )
    assert choice.positions[0] == 0.5
    assert np.isnan(choice.positions[1])
    assert list(choice.ticks) == [(0.0, "relu"), (0.5, "elu"), (1.0, "gelu")]
    np.testing.assert_allclose(rate.positions, [0.5, 0.0], atol=1e-12)
    assert {text for _, text in rate.ticks} >= {"0.0001", "0.001", "0.01"}
    assert width.positions[0] == 1.0
    assert all(float(text).is_integer() for _, text in width.ticks)


def test_a_list_of_named_things_is_called_by_their_names() -> None:
    (axis,) = axes_of(
        '"phases.0.augment" = [[], ["horizontal_flip"], ["horizontal_flip", { name = "crop" }], [{ name = "crop" }]]'
    )
    assert [text for _, text in axis.ticks] == ["none", "horizontal_flip", "horizontal_flip+crop", "crop"]
    (widths,) = axes_of('"model.classifier.dense" = [[], [32, 16]]')
    assert [text for _, text in widths.ticks] == ["none", "[32, 16]"]


def test_names_are_as_short_as_they_can_be_told_apart() -> None:
    names = ["model.encoder.filters.0", "model.decoder.filters.0", "phases.0.augment", "phases.0.optimizer"]
    assert short_names(names) == ["encoder.filters.0", "decoder.filters.0", "phases.0.augment", "phases.0.optimizer"]
    assert short_names(names[1:]) == ["filters.0", "augment", "optimizer"]
    assert short_names(["phases.0.augment", "phases.1.augment"]) == ["0.augment", "1.augment"]


def test_nothing_on_the_front_is_beaten() -> None:
    costs = np.array([1.0, 2.0, 3.0, 2.0, np.nan, 0.5])
    scores = [0.5, 0.4, 0.7, 0.6, 0.9, 0.99]
    assert pareto_indices(costs, marks(scores, pruned=[5])) == [0, 3, 2]
    assert pareto_indices(costs, marks(scores, pruned=[5], larger=False)) == [0, 1]


def test_the_parameter_that_decides_is_the_most_important() -> None:
    random = np.random.default_rng(0)
    places = random.uniform(size=(3, 60))
    axes = [Axis(name, one, []) for name, one in zip("abc", places, strict=True)]
    found = parameter_importance(axes, np.sin(3 * places[1]) + 0.1 * random.normal(size=60))
    assert found is not None
    assert found.means.argmax() == 1
    assert found.explained > 0.5
    assert parameter_importance(axes, np.ones(60)) is None
    assert parameter_importance([Axis("a", places[0][:7], [])], places[1][:7]) is None


def test_pruned_trials_end_in_a_cross_and_the_best_is_named() -> None:
    courses = [np.array([0.1, 0.5]), np.array([0.2, 0.3, 0.9]), np.array([0.2, np.nan, 0.7])]
    figure = figures.learning_curves(courses, marks([0.5, 0.9, 0.7], pruned=[0], best=1))
    (axes,) = figure.axes
    assert [len(line.get_xdata()) for line in axes.lines] == [2, 3, 2]
    (cross,) = axes.collections
    assert cross.get_offsets().tolist() == [[2, 0.5]]
    assert {text.get_text() for text in figure.legends[0].get_texts()} == {"pruned", "best", "completed"}


@pytest.mark.parametrize("count", [1, 2, 12])
def test_a_line_a_trial_and_a_panel_a_parameter(count: int) -> None:
    scores = np.linspace(0.1, 0.9, count)
    axes = [Axis(f"field {index}", np.linspace(0, 1, count), [(0.0, "low"), (1.0, "high")]) for index in range(4)]
    axes.append(Axis("never", np.full(count, np.nan), [(0.0, "x")]))
    found = marks(scores.tolist(), best=count - 1)
    lines = [
        line
        for line in figures.parallel_coordinates(axes, found).axes[0].lines
        if len(line.get_xdata()) == len(axes) + 1
    ]
    assert len(lines) == count
    assert len([panel for panel in figures.slices(axes, found).axes if panel.get_visible()]) == len(axes)
    assert len(figures.progress(np.arange(count) + 1, found).axes[0].lines) == 1
