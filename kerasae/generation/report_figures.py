"""Chooses the figures of generated images, and draws each with its texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kerasae.generation import figures
from kerasae.generation.result import REAL_IMAGES, GenerationResult
from kerasae.report.report_figure import ReportFigure, report_figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kerasae.generation.interpolation import Interpolation
    from kerasae.generation.sample_metrics import MeasuredSamples, SampleEvaluator

COLUMNS = 10
MAX_CLASS_ROWS = 20
UNCONDITIONAL_ROWS = 6
MAX_SHOWN_COPIES = 16


def generation_figures(
    result: GenerationResult,
    measured: Sequence[MeasuredSamples],
    evaluator: SampleEvaluator,
    interpolation: Interpolation | None,
) -> Iterator[ReportFigure]:
    """Draw samples, the interpolation and all metrics."""
    class_names = evaluator.collection.class_names
    for item in measured:
        yield _sample_figure(item, class_names)
    if interpolation is not None:
        yield _interpolation_figure(interpolation, evaluator)
    yield from judge_figures(result)
    distances = {item.samples.sampler.name: item.distances for item in measured}
    if len(evaluator.test_distances):
        distances[REAL_IMAGES] = evaluator.test_distances
    yield report_figure(
        "distances",
        "Distances to the nearest training image",
        "The root mean squared pixel distance, on [0, 1], of each image from its nearest training image. Images below "
        "the threshold count as copies. Samples closer than real test images are either simpler or memorised.",
        "Histograms of the distances to the nearest training image, by sampler.",
        figures.distances(distances, evaluator.copy_distance),
    )
    for item in measured:
        yield _copies_figure(item, evaluator)


def judge_figures(result: GenerationResult) -> Iterator[ReportFigure]:
    """Draw the classes that the judge predicts."""
    per_class = {
        name: metrics.agreement.per_class
        for name, metrics in result.with_real().items()
        if metrics.agreement is not None
    }
    if per_class.keys() - {REAL_IMAGES}:
        worst = "; ".join(f"{name} {min(shares.values()):.1%}" for name, shares in per_class.items())
        class_names = list(dict.fromkeys(name for shares in per_class.values() for name in shares))
        yield report_figure(
            "agreement",
            "Agreement with the judge",
            "The share of the samples of each class that the judge, which is independent of the generating model, "
            "assigns to that class. Grey: real test images, the level of a perfect generator.",
            f"Agreement by class. Worst class: {worst}.",
            figures.agreement(per_class, class_names),
        )
    for name, metrics in result.samplers.items():
        if metrics.balance is not None:
            yield report_figure(
                f"balance-{name}",
                f"Classes of the samples: {name}",
                "The classes that the judge predicts for samples of no given class. Grey: the training images.",
                f"Bar chart of class shares; {metrics.balance.distance:.1%} of the samples would have to be of another "
                "class to match the training images.",
                figures.balance(metrics.balance.per_class),
            )


def _sample_figure(item: MeasuredSamples, class_names: Sequence[str]) -> ReportFigure:
    sampler, images, labels = item.samples.sampler, item.samples.images, item.samples.labels
    is_wrong = None
    if sampler.is_conditional:
        shown_labels = list(dict.fromkeys(labels.tolist()))[:MAX_CLASS_ROWS]
        rows = [np.flatnonzero(labels == label)[:COLUMNS] for label in shown_labels]
        row_names = [class_names[label] for label in shown_labels]
        if item.judged_labels is not None:
            is_wrong = [item.judged_labels[row] != labels[row] for row in rows]
    else:
        count = min(len(images), COLUMNS * UNCONDITIONAL_ROWS)
        rows = [np.arange(start, min(start + COLUMNS, count)) for start in range(0, count, COLUMNS)]
        row_names = [""] * len(rows)
    frames = " Red frame: the judge predicts another class." if is_wrong is not None else ""
    return report_figure(
        f"samples-{sampler.name}",
        f"Samples: {sampler.name}",
        f"The first samples, not selected. Sampled {sampler.description}.{frames}",
        f"A grid of {sum(map(len, rows))} samples in {len(rows)} rows.",
        figures.sample_grid([images[row] for row in rows], row_names, is_wrong, columns=COLUMNS),
    )


def _interpolation_figure(interpolation: Interpolation, evaluator: SampleEvaluator) -> ReportFigure:
    num_rows, num_steps = interpolation.images.shape[:2]
    captions = None
    if evaluator.judge is not None:
        predictions = evaluator.judge(interpolation.images.reshape(-1, *interpolation.images.shape[2:]))
        class_names = evaluator.collection.class_names
        captions = [
            [class_names[label] if label >= 0 else "other" for label in row]
            for row in predictions.labels.reshape(num_rows, num_steps)
        ]
    rows = " The noise is constant in each row." if num_rows > 1 else ""
    if interpolation.is_centered:
        rows = " The first row joins the class centroids, the other rows join random samples of the classes."
    below = " Below each image: the class that the judge predicts." if captions is not None else ""
    first, last = interpolation.names
    return report_figure(
        "between",
        f"Interpolation from {first} to {last}",
        f"Linear interpolation in equal steps.{rows}{below}",
        f"{num_rows} rows of {num_steps} images from {first} to {last}.",
        figures.sample_grid(list(interpolation.images), [""] * num_rows, columns=num_steps, captions=captions),
    )


def _copies_figure(item: MeasuredSamples, evaluator: SampleEvaluator) -> ReportFigure:
    closest = np.argsort(item.distances, kind="stable")[:MAX_SHOWN_COPIES]
    name = item.samples.sampler.name
    return report_figure(
        f"copies-{name}",
        f"Samples closest to a training image: {name}",
        "Top: the sample. Bottom: its nearest training image. The number is their distance. If the model has memorised "
        "images, both are the same.",
        f"{len(closest)} samples with their nearest training images.",
        figures.copies(
            item.samples.images[item.searched[closest]],
            evaluator.collection.train.load(item.neighbours[closest]),
            item.distances[closest].tolist(),
        ),
    )
