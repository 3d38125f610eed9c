"""Chooses the figures of a run's report, and draws each with its texts."""

from __future__ import annotations

import functools
import io
from typing import TYPE_CHECKING

import keras
import numpy as np
from PIL import Image

from kerasae.evaluation.calibration import reliability
from kerasae.files.reading import read_bytes, without
from kerasae.report import figures, selection
from kerasae.report.captions import PHASE_NOTE, TEXTS
from kerasae.report.report_figure import DOTS_PER_INCH, ReportFigure, report_figure
from kerasae.report.style import BLUE, GREEN, INK, PURPLE, SKY, VERMILLION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from matplotlib.figure import Figure

    from kerasae.data.images import ImageSet
    from kerasae.report.run_artifacts import RunArtifacts
    from kerasae.runs.history import History

CURVE_COLOURS = {
    "reconstruction_loss": BLUE,
    "label_loss": VERMILLION,
    "label_accuracy": GREEN,
    "kl_divergence": PURPLE,
    "pseudo_labelled": SKY,
    "learning_rate": INK,
}
TRAINING_FIGURES = (*CURVE_COLOURS, "loss_weights")  # all that a history can be drawn as
LINEAR_CURVES = ("label_accuracy", "pseudo_labelled")  # shares, whose axis is never logarithmic
LOSS_TERMS = {"reconstruction_weight": "reconstruction", "label_weight": "label", "kl_divergence_weight": "divergence"}
IMAGE_FIGURES = ("mistakes", "reconstructions", "worst_reconstructions")  # which need the test images


def run_figures(
    artifacts: RunArtifacts, model: keras.Model, images: ImageSet | None, folder: Path
) -> Iterator[ReportFigure]:
    """Draw every figure that the run has data for.

    Args:
        artifacts: the run's files.
        model: reconstructs the images that are shown.
        images: the test images, of which only those shown are loaded; None if they are no longer available.
        folder: the figures of the last report, from which figures of images are taken if `images` is None.
    """
    if images is None:
        yield from kept_image_figures(folder)
    yield from training_figures(artifacts.history)
    if "label" in artifacts.metrics["test"] and artifacts.probabilities is not None:
        yield from _label_figures(artifacts, artifacts.probabilities, images)
    if artifacts.mse is not None and images is not None:
        yield from _reconstruction_figures(artifacts, artifacts.mse, model, images)
    if artifacts.histograms:
        alt = f"Histograms of the pixel values of {', '.join(artifacts.histograms)}, with mean and standard deviation."
        yield _figure("pixels", alt, figures.pixels(artifacts.histograms))
    class_counts = artifacts.class_counts
    if class_counts:
        alt = f"Bar chart of the number of labelled images of {len(artifacts.class_names)} classes, by split."
        yield _figure("class_counts", alt, figures.class_counts(class_counts, artifacts.class_names))


def missing_titles(artifacts: RunArtifacts, drawn: Mapping[str, ReportFigure]) -> list[str]:
    """Return the titles of the figures that cannot be drawn because the test images are no longer available."""
    possible = ["reconstructions", "worst_reconstructions"] if artifacts.mse is not None else []
    if artifacts.probabilities is not None and len(
        selection.confident_mistakes(artifacts.label, artifacts.probabilities)
    ):
        possible.append("mistakes")
    return [TEXTS[name].title for name in possible if name not in drawn]


def kept_image_figures(folder: Path) -> Iterator[ReportFigure]:
    """Read the figures of test images that an earlier report has drawn; a damaged file is left out with a warning."""
    for name in IMAGE_FIGURES:
        path = folder / f"{name}.png"
        png = without(functools.partial(read_bytes, path), None) if path.exists() else None
        if png is not None:
            with Image.open(io.BytesIO(png)) as image:
                width, height = (side / DOTS_PER_INCH for side in image.size)
            text = TEXTS[name]
            alt = f"{text.title}, drawn for an earlier report."
            yield ReportFigure(name, text.title, text.caption, alt, png, width, height)


def training_figures(history: History) -> Iterator[ReportFigure]:
    """Draw the losses, metrics, loss weights and learning rate that a history holds."""
    note = PHASE_NOTE if len(set(history.phases)) > 1 else ""
    for name, alt, figure in plot_training(history):
        yield _figure(name, alt, figure, note)


def plot_training(history: History) -> Iterator[tuple[str, str, Figure]]:
    """Plot what a history holds: the name, the alternative text and the matplotlib figure of each plot."""

    def finite(column: str) -> np.ndarray:
        return history.columns[column][np.isfinite(history.columns[column])]

    for column, colour in CURVE_COLOURS.items():
        is_validated = history.has(f"val_{column}")
        if not is_validated and not history.has(column):
            continue
        values = finite(f"val_{column}" if is_validated else column)
        if column == "learning_rate" and len(np.unique(values)) < 2:
            continue  # a constant rate needs no figure
        title = TEXTS[column].title
        of = "Validation curve" if is_validated else "Curve"
        alt = f"{of} of {title.lower()} over {len(history)} epochs, from {values[0]:.3g} to {values[-1]:.3g}."
        figure = figures.curves(
            history,
            column,
            label=title.lower(),
            colour=colour,
            log=False if column in LINEAR_CURVES else None,
            steps=column == "learning_rate",
        )
        yield column, alt, figure
    terms = {column: term for column, term in LOSS_TERMS.items() if history.has(column)}
    if any(len(np.unique(finite(column))) > 1 for column in terms):
        alt = f"Curves of the loss weights of {', '.join(terms.values())} over {len(history)} epochs."
        yield "loss_weights", alt, figures.loss_weights(history, terms)


def _label_figures(
    artifacts: RunArtifacts, probabilities: np.ndarray, images: ImageSet | None
) -> Iterator[ReportFigure]:
    metrics, names, labels = artifacts.metrics["test"]["label"], artifacts.class_names, artifacts.label
    counts = np.array(metrics["confusion_matrix"])
    alt = f"Confusion matrix of {len(names)} classes; {np.trace(counts)} of {counts.sum()} images are on the diagonal."
    yield _figure("confusion", alt, figures.confusion(counts, names))
    weakest = min(metrics["per_class"], key=lambda row: (row["f1"] is None, row["f1"]))
    alt = (
        "Bar chart of precision, recall and F1 by class; the lowest F1 is "
        f"{weakest['f1'] or 0:.2f}, of {weakest['name']}."
    )
    yield _figure("per_class", alt, figures.per_class(metrics["per_class"]))
    labelled = labels >= 0
    if np.isfinite(probabilities).all():
        bins = reliability(labels[labelled], probabilities[labelled])
        alt = f"Reliability diagram; the expected calibration error is {bins.error:.3f}."
        yield _figure("calibration", alt, figures.calibration(bins))
    mistakes = selection.confident_mistakes(labels, probabilities)
    if len(mistakes) and images is not None:
        predicted = probabilities[mistakes].argmax(axis=1)
        figure = figures.mistakes(
            images.load(mistakes),
            [artifacts.class_name(label) for label in labels[mistakes]],
            [names[label] for label in predicted],
            probabilities[mistakes, predicted].tolist(),
        )
        alt = f"The {len(mistakes)} misclassified test images with the highest confidence."
        yield _figure("mistakes", alt, figure)


def _reconstruction_figures(
    artifacts: RunArtifacts, mse: np.ndarray, model: keras.Model, image_set: ImageSet
) -> Iterator[ReportFigure]:
    for name, indices in (
        ("reconstructions", selection.typical(artifacts.label, mse)),
        ("worst_reconstructions", selection.worst(mse)),
    ):
        images = image_set.load(indices)
        reconstructions = keras.ops.convert_to_numpy(model(images, training=False)["reconstruction"])
        captions = [(artifacts.class_name(artifacts.label[index]), f"MSE {mse[index]:.4f}") for index in indices]
        alt = f"{len(indices)} test images with their reconstructions and absolute errors."
        yield _figure(name, alt, figures.reconstructions(images, reconstructions, captions))


def _figure(name: str, alt: str, figure: Figure, note: str = "") -> ReportFigure:
    """Draw a figure with the texts of its name, and a note after its caption."""
    return report_figure(name, TEXTS[name].title, TEXTS[name].caption + note, alt, figure)
