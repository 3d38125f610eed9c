"""The report on OOD images: unknown.json, the scores, figures, and one self-contained page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kerasae.data.sources.naming import listing
from kerasae.evaluation.rejection import RejectionRate, rejection_rates_by_class
from kerasae.files.writing import write_text, written_whole
from kerasae.ood.detector import Detector, OodScores
from kerasae.ood.measurement import ClassThreshold, OodMeasurement
from kerasae.ood.report_figures import draw
from kerasae.ood.scores import JOINED, TITLES, Separation, risk_coverage
from kerasae.ood.sources import OodImages, open_unknown_classes
from kerasae.report.report_figure import write_report_figures
from kerasae.report.templating import render
from kerasae.utils.console import stderr_console

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kerasae.data.collection import Collection
    from kerasae.layers import Rejection
    from kerasae.models import TrainedModel
    from kerasae.runs.folder import RunFolder


def write_ood_reports(
    run: RunFolder, trained: TrainedModel, collection: Collection, ood_images: Sequence[OodImages]
) -> dict[str, OodMeasurement]:
    """Compare sets of OOD images with the run's test images, and write a report for each below RUN/unknown.

    Args:
        run: where the reports are written.
        trained: with a rejection.
        collection: the run's.
        ood_images: the sets.

    Returns:
        The measurement of each set by its name.
    """
    assert trained.rejection is not None
    detector = Detector.of(trained.model, trained.rejection, collection)
    return {images.name: _write_report(run, detector, images) for images in ood_images}


def write_unknown_class_reports(
    run: RunFolder, trained: TrainedModel, collection: Collection
) -> dict[str, OodMeasurement]:
    """Write reports as `write_ood_reports` does on the unknown classes of the run's data; none without a rejection."""
    if not collection.unknown:
        return {}
    if trained.rejection is None:
        stderr_console().print(f"not measured without a rejection: {listing(list(collection.unknown))}", soft_wrap=True)
        return {}
    return write_ood_reports(run, trained, collection, open_unknown_classes(collection, run.path / "unknown"))


def _write_report(run: RunFolder, detector: Detector, ood_images: OodImages) -> OodMeasurement:
    folder = run.path / "unknown" / ood_images.name
    result = detector.score(ood_images.images)
    measurement = _measure(detector, ood_images, result)
    measurement.write(folder)
    _write_scores(folder / "scores.npz", detector, result)
    page = render(
        "page.html.j2",
        "kerasae.ood",
        title=ood_images.title,
        run=run.name,
        measurement=measurement,
        report_figures=write_report_figures(draw(detector, ood_images.images, result), folder / "figures"),
        titles=TITLES,
    )
    write_text(folder / "unknown.html", page)
    return measurement


def _measure(detector: Detector, ood_images: OodImages, result: OodScores) -> OodMeasurement:
    known, correct = detector.known_scores, detector.known_correct
    threshold, thresholds = _thresholds(detector.scorer.rejection, detector.class_names)
    areas = None
    if correct is not None:
        areas = {name: float(np.mean(risk_coverage(scores, correct)[1])) for name, scores in known.items()}
    return OodMeasurement(
        title=ood_images.title,
        source=ood_images.source,
        num_known=len(known[JOINED]),
        num_unknown=len(result.scores[JOINED]),
        num_broken=ood_images.num_broken,
        threshold=threshold,
        thresholds=thresholds,
        known_rejected=RejectionRate.of(detector.known_rejected),
        known_rejected_by_class=rejection_rates_by_class(
            detector.known_rejected, detector.known_labels, detector.class_names
        ),
        unknown_rejected=RejectionRate.of(result.rejected),
        scores={name: Separation.of(known[name], scores) for name, scores in result.scores.items()},
        area_under_risk_coverage=areas,
    )


def _thresholds(
    rejection: Rejection, class_names: Sequence[str]
) -> tuple[float | None, dict[str, ClassThreshold] | None]:
    """Return the one threshold, or those of the classes."""
    values = np.asarray(rejection.threshold)
    if not rejection.by_class:
        return float(values), None
    own = np.asarray(rejection.own, bool)
    return None, {
        name: ClassThreshold(float(value), bool(alone))
        for name, value, alone in zip(class_names, values, own, strict=True)
    }


def _write_scores(path: Path, detector: Detector, result: OodScores) -> None:
    arrays: dict[str, Any] = {f"known-{name}": values for name, values in detector.known_scores.items()}
    arrays |= {f"unknown-{name}": values for name, values in result.scores.items()}
    with written_whole(path) as temporary:
        np.savez_compressed(temporary, **arrays)
