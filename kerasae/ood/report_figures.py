"""The figures of a report on OOD images, with their captions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kerasae.ood import figures
from kerasae.ood.scores import JOINED, TITLES, Separation, risk_coverage
from kerasae.report.report_figure import ReportFigure, report_figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kerasae.data.images import Readable
    from kerasae.ood.detector import Detector, OodScores

NUM_SHOWN = 15  # images


def draw(detector: Detector, images: Readable, result: OodScores) -> Iterator[ReportFigure]:
    """Draw all figures that the model has the outputs for.

    Args:
        detector: holds the scores of the test images.
        images: the OOD images, of which the few shown are loaded.
        result: their features and scores.
    """
    yield _distributions(detector, result)
    yield _comparison(detector, result)
    if detector.known_correct is not None:
        yield _risk(detector, detector.known_correct)
    order = np.argsort(result.scores[JOINED], kind="stable")
    accepted = order[~result.rejected[order]][:NUM_SHOWN]
    if len(accepted):
        yield _accepted(detector, images, result, accepted)
    if detector.reconstruct is not None:
        yield _heatmaps(detector, images, result, order[::-1][:NUM_SHOWN])


def _distributions(detector: Detector, result: OodScores) -> ReportFigure:
    thresholds = np.unique(np.asarray(detector.scorer.rejection.threshold))
    return report_figure(
        "distributions",
        "Anomaly scores of in-distribution and OOD images",
        "Images to the right of the threshold are rejected. The threshold was set on validation images alone."
        + " Each predicted class has its own." * (len(thresholds) > 1),
        f"Histogram of anomaly scores; {np.mean(result.rejected):.0%} of the OOD images lie above the threshold.",
        figures.distributions(detector.known_scores[JOINED], result.scores[JOINED], thresholds),
    )


def _comparison(detector: Detector, result: OodScores) -> ReportFigure:
    areas = {
        TITLES[name]: Separation.of(detector.known_scores[name], scores).auroc for name, scores in result.scores.items()
    }
    return report_figure(
        "compared",
        "Comparison of scores",
        "AUROC, the probability that an OOD image scores higher than an in-distribution one: the joined score, its "
        "parts, and the usual scores of the same model.",
        "; ".join(f"{name} {value:.3f}" for name, value in areas.items()),
        figures.compared(areas, TITLES[JOINED]),
    )


def _risk(detector: Detector, correct: np.ndarray) -> ReportFigure:
    names = (JOINED, "max_softmax")
    curves = {TITLES[name]: risk_coverage(detector.known_scores[name], correct) for name in names}
    return report_figure(
        "risk",
        "Risk and coverage",
        "In-distribution images only: the share of wrong predictions if only those with the lowest scores are "
        "accepted.",
        f"Risk-coverage curves; with all images accepted, {1 - correct.mean():.1%} of the predictions are wrong.",
        figures.risk(curves),
    )


def _accepted(detector: Detector, images: Readable, result: OodScores, indices: np.ndarray) -> ReportFigure:
    predicted = [""] * len(indices)
    if "logits" in result.features:
        predicted = [detector.class_names[index] for index in result.features["logits"][indices].argmax(axis=1)]
    return report_figure(
        "accepted",
        "Accepted OOD images",
        "OOD images that the model accepts, lowest anomaly scores first"
        + "; the predicted class in red" * ("logits" in result.features)
        + ".",
        f"{len(indices)} accepted OOD images.",
        figures.accepted(images.load(indices), predicted, result.scores[JOINED][indices].tolist()),
    )


def _heatmaps(detector: Detector, images: Readable, result: OodScores, indices: np.ndarray) -> ReportFigure:
    assert detector.reconstruct is not None
    pixels = images.load(indices)
    reconstructions = np.asarray(detector.reconstruct(pixels)["reconstruction"])
    return report_figure(
        "heatmaps",
        "OOD images with the highest anomaly scores",
        "Each image, its reconstruction, and the error of the reconstruction: black for none, brightest from half of "
        "the value range on.",
        f"{len(indices)} OOD images with error maps.",
        figures.heatmaps(pixels, reconstructions, result.scores[JOINED][indices].tolist()),
    )
