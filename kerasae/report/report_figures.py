"""The figures of a run with the words that tell how to read them, ready for its report."""

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
from kerasae.report.captions import CAPTIONS, PHASES, TITLES
from kerasae.report.figures.style import BLUE, GREEN, INK, PURPLE, SKY, VERMILLION
from kerasae.report.report_figure import DOTS_PER_INCH, ReportFigure, report_figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from matplotlib.figure import Figure

    from kerasae.data.images import ImageSet
    from kerasae.report.run_artifacts import Materials

CURVES = {
    "reconstruction_loss": BLUE,
    "label_loss": VERMILLION,
    "label_accuracy": GREEN,
    "kl_divergence": PURPLE,
    "pseudo_labelled": SKY,
    "learning_rate": INK,
}
COURSES = (*CURVES, "loss_weights")  # what may be drawn of a training
SHARES = ("label_accuracy", "pseudo_labelled")
WEIGHTS = {"reconstruction_weight": "reconstruction", "label_weight": "label", "kl_divergence_weight": "divergence"}


OF_IMAGES = ("mistakes", "reconstructions", "worst_reconstructions")


def of_run(materials: Materials, model: keras.Model, images: ImageSet | None, folder: Path) -> Iterator[ReportFigure]:
    """Draw what the run has the numbers for.

    Args:
        materials: of the run.
        model: rebuilds the images that are shown.
        images: the test images, of which the few shown are loaded; None where they are gone.
        folder: where the figures of the last report are, which show images that are gone.
    """
    if images is None:
        yield from _kept(folder)
    yield from curves_of(materials)
    if "label" in materials.metrics["test"] and materials.probabilities is not None:
        yield from _label(materials, materials.probabilities, images)
    if materials.mse is not None and images is not None:
        yield from _reconstruction(materials, materials.mse, model, images)
    if materials.histograms:
        alt = f"Histograms of the pixel values of {', '.join(materials.histograms)}, with mean and deviation."
        yield _plate("pixels", alt, figures.pixels(materials.histograms))
    counts = materials.counts
    if counts:
        alt = f"Bars of the number of labelled images of {len(materials.class_names)} classes, by split."
        yield _plate("class_counts", alt, figures.class_counts(counts, materials.class_names))


def missing(materials: Materials, drawn: Mapping[str, ReportFigure]) -> list[str]:
    """Return the titles of the figures of test images that a run would have if its images were there."""
    wanted = list(OF_IMAGES[1:]) if materials.mse is not None else []
    if materials.probabilities is not None and len(
        selection.confident_mistakes(materials.label, materials.probabilities)
    ):
        wanted.append(OF_IMAGES[0])
    return [TITLES[name] for name in wanted if name not in drawn]


def _kept(folder: Path) -> Iterator[ReportFigure]:
    for name in OF_IMAGES:
        path = folder / f"{name}.png"
        png = without(functools.partial(read_bytes, path), None) if path.exists() else None
        if png is not None:
            with Image.open(io.BytesIO(png)) as image:
                width, height = (side / DOTS_PER_INCH for side in image.size)
            alt = f"{TITLES[name]}, as drawn for an earlier report."
            yield ReportFigure(name, TITLES[name], CAPTIONS[name], alt, png, width, height)


def curves_of(materials: Materials) -> Iterator[ReportFigure]:
    """Draw what the history has of losses, accuracy, weights and rate."""
    history = materials.history
    extra = PHASES if len(set(history.phases)) > 1 else ""

    def known(column: str) -> np.ndarray:
        return history.columns[column][np.isfinite(history.columns[column])]

    for column, colour in CURVES.items():
        drawn = f"val_{column}" if history.has(f"val_{column}") else column
        if not history.has(drawn):
            continue
        values = known(drawn)
        if column == "learning_rate" and len(np.unique(values)) < 2:
            continue  # a level line says nothing
        alt = f"{TITLES[column]} over {len(history)} epochs, from {values[0]:.3g} to {values[-1]:.3g}"
        alt += " in validation." if drawn != column else "."
        figure = figures.curves(
            history,
            column,
            label=TITLES[column].lower(),
            colour=colour,
            log=False if column in SHARES else None,
            steps=column == "learning_rate",
        )
        yield _plate(column, alt, figure, extra)
    weights = {column: term for column, term in WEIGHTS.items() if history.has(column)}
    if any(len(np.unique(known(column))) > 1 for column in weights):
        alt = f"Lines of the weights of {', '.join(weights.values())} over {len(history)} epochs."
        yield _plate("loss_weights", alt, figures.weights(history, weights), extra)


def _label(materials: Materials, probabilities: np.ndarray, images: ImageSet | None) -> Iterator[ReportFigure]:
    measured, names, labels = materials.metrics["test"]["label"], materials.class_names, materials.label
    counts = np.array(measured["confusion_matrix"])
    alt = f"Confusion matrix of {len(names)} classes; {np.trace(counts)} of {counts.sum()} images lie on the diagonal."
    yield _plate("confusion", alt, figures.confusion(counts, names))
    weakest = min(measured["per_class"], key=lambda row: (row["f1"] is None, row["f1"]))
    alt = f"Bars of precision, recall and F1 by class; lowest is {weakest['name']} with F1 {weakest['f1'] or 0:.2f}."
    yield _plate("per_class", alt, figures.per_class(measured["per_class"]))
    labelled = labels >= 0
    if np.isfinite(probabilities).all():
        bins = reliability(labels[labelled], probabilities[labelled])
        alt = f"Reliability diagram; the expected calibration error is {bins.error:.3f}."
        yield _plate("calibration", alt, figures.calibration(bins))
    chosen = selection.confident_mistakes(labels, probabilities)
    if len(chosen) and images is not None:
        predicted = probabilities[chosen].argmax(axis=1)
        figure = figures.mistakes(
            images.load(chosen),
            [materials.name_of(label) for label in labels[chosen]],
            [names[label] for label in predicted],
            probabilities[chosen, predicted].tolist(),
        )
        alt = f"{len(chosen)} images whose class was named wrong with the highest probability."
        yield _plate("mistakes", alt, figure)


def _reconstruction(
    materials: Materials, mse: np.ndarray, model: keras.Model, image_set: ImageSet
) -> Iterator[ReportFigure]:
    for name, chosen in (
        ("reconstructions", selection.typical(materials.label, mse)),
        ("worst_reconstructions", selection.worst(mse)),
    ):
        images = image_set.load(chosen)
        rebuilt = keras.ops.convert_to_numpy(model(images, training=False)["reconstruction"])
        words = [(materials.name_of(materials.label[index]), f"MSE {mse[index]:.4f}") for index in chosen]
        alt = f"{len(chosen)} test images with their reconstructions and errors."
        yield _plate(name, alt, figures.reconstructions(images, rebuilt, words))


def _plate(name: str, alt: str, figure: Figure, extra: str = "") -> ReportFigure:
    return report_figure(name, TITLES[name], CAPTIONS[name] + extra, alt, figure)
