import itertools
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from kerasae.evaluation.calibration import reliability
from kerasae.report import figures
from kerasae.report.report_figures import plot_training
from kerasae.runs.history import History

NAMES = ["cat", "costs $5 or $6", "\\frac{$", "猫\n& <b>dog</b>", "_underscore", "very long name " * 9]


def names(count: int) -> list[str]:
    return [f"{name} {index}" for index, name in zip(range(count), itertools.cycle(NAMES), strict=False)]


def history(epochs: int, *phases: str) -> History:
    values = np.geomspace(1.0, 0.01, epochs)
    columns = {"epoch": np.arange(1.0, epochs + 1), "label_loss": values, "val_label_loss": values * 1.2}
    return History([phases[index * len(phases) // epochs] for index in range(epochs)], columns)


def draw_curves(count: int) -> Figure:
    return figures.curves(history(count, *NAMES[: min(count, 6)]), "label_loss", label="label loss")


def draw_weights(count: int) -> Figure:
    training_history = history(count, *NAMES[: min(count, 6)])
    return figures.loss_weights(training_history, {"label_loss": "label", "val_label_loss": "reconstruction"})


def draw_confusion(count: int) -> Figure:
    counts = np.random.default_rng(0).integers(0, 3, (count, count)) + 2000 * np.eye(count, dtype=int)
    return figures.confusion(counts, names(count))


def draw_per_class(count: int) -> Figure:
    values = np.linspace(0, 1, count).tolist()
    rows = [
        {
            "name": name,
            "precision": value or None,
            "recall": 1 - value,
            "f1": value or None,
            "support": 10**index % 9999,
        }
        for index, (name, value) in enumerate(zip(names(count), values, strict=True))
    ]
    return figures.per_class(rows)


def draw_pixels(count: int) -> Figure:
    random = np.random.default_rng(0)
    count = min(count, 7)
    counts = {name: random.integers(1, 99, 256) ** (index + 1) for index, name in enumerate(names(count))}
    for counted in counts.values():
        counted[0] += 50 * counted.sum()  # a black background, as digits have
    return figures.pixels(counts)


def draw_class_counts(count: int) -> Figure:
    return figures.class_counts({key: range(1, count + 1) for key in ("train", "validation", "test")}, names(count))


def draw_calibration(count: int) -> Figure:
    probabilities = np.random.default_rng(0).dirichlet(np.full(count, 0.2), 300)
    return figures.calibration(reliability(np.arange(300) % count, probabilities))


def draw_mistakes(count: int) -> Figure:
    sample_images = np.zeros((count, 8, 8, 1), np.uint8)
    return figures.mistakes(sample_images, names(count), names(count)[::-1], [1.0] * count)


def draw_reconstructions(count: int) -> Figure:
    sample_images = np.zeros((count, 30, 90, 3), np.uint8)
    return figures.reconstructions(sample_images, sample_images / 255, [(name, "MSE 0.1234") for name in names(count)])


DRAWN = [
    draw_curves,
    draw_weights,
    draw_confusion,
    draw_per_class,
    draw_class_counts,
    draw_pixels,
    draw_calibration,
    draw_mistakes,
    draw_reconstructions,
]


def texts(figure: Figure) -> list[tuple[str, np.ndarray]]:
    """Every visible text with its box (left, bottom, right, top) in pixels."""
    figure.draw_without_rendering()
    visible = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    return [(text.get_text(), text.get_window_extent().extents) for text in visible]


@pytest.mark.parametrize("count", [1, 3, 40])
@pytest.mark.parametrize("draw", DRAWN)
def test_nothing_is_clipped(draw, count):
    figure = draw(count)
    figure.draw_without_rendering()
    drawn = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert min(drawn.x0, drawn.y0) >= -0.005
    assert drawn.x1 <= width + 0.005
    assert drawn.y1 <= height + 0.005


@pytest.mark.parametrize("draw", DRAWN)
def test_no_two_ticks_of_an_axis_read_alike(draw):
    figure = draw(4)
    figure.draw_without_rendering()
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_view_interval())
        shown = [tick.label1.get_text() for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
        assert len({text for text in shown if text}) == len([text for text in shown if text]), shown


@pytest.mark.parametrize("draw", [draw_mistakes, draw_reconstructions])
def test_captions_do_not_touch(draw):
    figure = draw(10)
    captions = [box for text, box in texts(figure) if len(text) > 3]
    for (l1, b1, r1, t1), (l2, b2, r2, t2) in itertools.combinations(captions, 2):
        assert min(r1, r2) - max(l1, l2) < 1 or min(t1, t2) - max(b1, b2) < 4  # lines' boxes hold some air


def test_a_hundred_classes_are_drawn_without_numbers_in_cells():
    figure = draw_confusion(100)
    assert not figure.axes[0].texts
    assert len(figure.axes[0].get_yticklabels()) == 100


def test_cells_hold_counts_and_for_few_classes_shares():
    counts = np.array([[199, 1], [0, 0]])
    assert [text.get_text() for text in figures.confusion(counts, ["a", "b"]).axes[0].texts] == ["199\n>99%", "1\n<1%"]
    many = np.eye(20, dtype=int)
    assert {text.get_text() for text in figures.confusion(many, names(20)).axes[0].texts} == {"1"}


def test_training_is_solid_and_validation_dashed_and_phases_are_parted():
    axes = figures.curves(history(9, "one", "two", "three"), "label_loss", label="label loss").axes[0]
    assert [line.get_linestyle() for line in axes.lines] == ["-", "--", "-", "-"]
    assert [line.get_xdata()[0] for line in axes.lines[2:]] == [3.5, 6.5]
    assert [text.get_text() for text in axes.texts] == ["one", "two", "three"]
    assert axes.get_yscale() == "log"


def test_loss_weights_are_shown_where_they_vary():
    training_history = history(4, "one")
    training_history.columns["label_weight"] = np.ones(4)
    shown = {name for name, _, _ in plot_training(training_history)}
    assert shown == {"label_loss"}
    training_history.columns["reconstruction_weight"] = np.array([1.0, 2.0, 4.0, 8.0])
    training_history.columns["kl_divergence"] = np.ones(4)
    training_history.columns["pseudo_labelled"] = np.array([0.001, 0.1, 0.5, 0.9])
    figures_by_name = {name: figure for name, _, figure in plot_training(training_history)}
    assert set(figures_by_name) == {"label_loss", "kl_divergence", "pseudo_labelled", "loss_weights"}
    assert figures_by_name["pseudo_labelled"].axes[0].get_yscale() == "linear"
    lines = {line.get_label(): line.get_ydata().tolist() for line in figures_by_name["loss_weights"].axes[0].lines}
    assert lines == {"reconstruction": [1.0, 2.0, 4.0, 8.0], "label": [1.0] * 4}


def test_a_value_missing_in_a_phase_is_left_out():
    training_history = history(4, "a", "b")
    training_history.columns["label_loss"][:2] = np.nan
    line = figures.curves(training_history, "label_loss", label="label loss").axes[0].lines[0]
    assert line.get_xdata().tolist() == [3, 4]


@pytest.mark.parametrize(("absent", "name"), [(slice(50), "classifier"), (slice(50, None), "autoencoder")])
def test_a_phase_without_the_value_is_not_named(absent, name):
    training_history = history(100, "autoencoder", "classifier")
    for column in ("label_loss", "val_label_loss"):
        training_history.columns[column][absent] = np.nan
    figure = figures.curves(training_history, "label_loss", label="label loss")
    assert [text.get_text() for text in figure.axes[0].texts] == [name]
    left, right = figure.axes[0].get_xlim()
    assert all(left <= text.get_position()[0] <= right for text in figure.axes[0].texts)


def test_tiny_grey_images_are_grey_squares_and_errors_share_one_scale():
    sample_images = np.full((1, 8, 8, 1), 51, np.uint8)
    figure = figures.reconstructions(sample_images, np.full((1, 8, 8, 1), 0.5), [("a", "b")])
    sample_image, rebuilt, error = (axes.images[0] for axes in figure.axes[:3])
    assert sample_image.get_cmap().name == "gray"
    assert sample_image.get_clim() == rebuilt.get_clim() == (0, 255)
    assert {image.get_interpolation() for image in (sample_image, rebuilt, error)} == {"nearest"}
    assert rebuilt.get_array()[0, 0] == 128
    np.testing.assert_allclose(error.get_array(), 0.3)
    assert error.get_clim() == (0.0, 0.5)


def test_classes_come_with_the_lowest_f1_first_and_undefined_ones_last():
    rows = [
        {"name": name, "precision": f1, "recall": f1, "f1": f1, "support": 3}
        for name, f1 in (("good", 0.9), ("unseen", None), ("bad", 0.1))
    ]
    labels = figures.per_class(rows).axes[0].get_yticklabels()
    assert [label.get_text() for label in labels] == ["bad", "good", "unseen"]


def test_threads_draw_the_same_bytes():
    def png(_: int) -> bytes:
        buffer = BytesIO()
        draw_class_counts(3).savefig(buffer, format="png")
        return buffer.getvalue()

    with ThreadPoolExecutor(3) as pool:
        assert len(set(pool.map(png, range(3)))) == 1
