"""Evaluation of a joint model on the test images of its run: metrics.json and predictions.npz."""

from __future__ import annotations

import time
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasae.data.pixel_histogram import pixel_histogram_of
from kerasae.data.variants import variants_of
from kerasae.evaluation.baseline import is_small
from kerasae.evaluation.baseline import linear_baseline as fit_linear_baseline
from kerasae.evaluation.cautions import cautions
from kerasae.evaluation.metrics import ImageSetMetrics, RunMetrics, Timings, TrainingImages
from kerasae.evaluation.numbers import number
from kerasae.evaluation.pixels import PixelStatistics
from kerasae.files.reading import without
from kerasae.files.writing import write_json, written_whole
from kerasae.inference.forward import predict_image_set
from kerasae.losses import ReconstructionLoss
from kerasae.models import deviation
from kerasae.models.summary import parameter_counts
from kerasae.report.run_artifacts import HISTOGRAM_PREFIX
from kerasae.runs.history import History, read_history
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kerasae.data.collection import Collection
    from kerasae.data.images import ImageSet
    from kerasae.inference.predictions import Predictions
    from kerasae.models import TrainedModel
    from kerasae.runs.folder import RunFolder


def evaluate(
    run: RunFolder,
    trained: TrainedModel,
    collection: Collection,
    *,
    batch_size: int = 256,
    linear_baseline: bool | None = None,
) -> dict[str, Any]:
    """Evaluate a model on the test images, and write metrics.json and predictions.npz.

    The variants of the test images that the recipe names are evaluated in the same way, under `variants`. With
    variants, `train` has the pixel statistics of the training images and of their variants. `cautions` has warnings
    about the training and about a linear baseline that is better. Images without a label count for the reconstruction
    only. A head that the model lacks, or without images to evaluate it on, is missing in the metrics; an undefined
    number is null.

    Args:
        run: its recipe and history are read, and results are written to it.
        trained: its model takes uint8 (n, H, W, C) and returns "reconstruction" float32 (n, H, W, C) in [0, 1], "label"
            softmax (n, num_classes), or both, by name.
        collection: the images: `test` is predicted, and the linear baseline is fitted on `train`.
        batch_size: the largest batch; batches are smaller where images are large.
        linear_baseline: whether to fit a linear baseline; None to fit it where this takes seconds.

    Returns:
        What metrics.json holds.

    Raises:
        RequestError: there is no test image, or a transform of a variant does not exist.
    """
    if not len(collection.test):
        raise RequestError(
            "evaluate", expected="at least one test image", received="0", fix="give a source with test images"
        )
    started = time.perf_counter()
    recipe, class_names = run.recipe, collection.class_names
    loss = ReconstructionLoss(recipe.loss.reconstruction, deviation(trained.model))
    predictions = predict_image_set(trained, collection.test, loss=loss, batch_size=batch_size)
    seconds = time.perf_counter() - started

    test = ImageSetMetrics.of(predictions, class_names)
    histograms = {"test": predictions.histogram}
    variants: dict[str, ImageSetMetrics] = {}
    for name, images in variants_of(collection.test, recipe).items():
        of_variant = predict_image_set(trained, images, loss=loss, batch_size=batch_size)
        variants[name] = ImageSetMetrics.of(of_variant, class_names)
        histograms[name] = of_variant.histogram
    train = None
    if variants:
        histograms["train"] = pixel_histogram_of(collection.train)
        statistics: dict[str, PixelStatistics] = {}
        for name, images in variants_of(collection.train, recipe).items():
            histograms[f"train, {name}"] = pixel_histogram_of(images)
            statistics[name] = PixelStatistics.of(histograms[f"train, {name}"])
        train = TrainingImages(len(collection.train), PixelStatistics.of(histograms["train"]), statistics)
    baseline = None
    if test.label is not None and (is_small(collection) if linear_baseline is None else linear_baseline):
        baseline = fit_linear_baseline(collection)
    metrics = RunMetrics(
        test=test,
        variants=variants,
        train=train,
        baseline=baseline,
        cautions=cautions(read_history(run.history), collection.validation.labels, test.label, baseline),
        model=parameter_counts(trained.model),
        timings=Timings(training_seconds(run), seconds, len(collection.test) / seconds),
    ).to_json()
    write_predictions(run.predictions, predictions, collection.test, collection.facts.source, histograms)
    write_json(run.metrics, metrics)
    return metrics


def training_seconds(run: RunFolder) -> float | None:
    """Return the seconds of all epochs of a run; None where its history does not have them."""
    history = without(lambda: read_history(run.history), History([], {}))
    return number(np.nansum(history.columns["seconds"])) if history.has("seconds") else None


def write_predictions(
    path: Path,
    predictions: Predictions,
    images: ImageSet,
    source: str,
    histograms: Mapping[str, np.ndarray] = MappingProxyType({}),
) -> None:
    """Write labels, names, predictions and pixel histograms to an .npz file.

    Args:
        path: the file.
        predictions: for the images, in their order.
        images: the images.
        source: their folder or file. Names are relative to it, so that the file is the same wherever the images are.
        histograms: by name, the pixel histograms.
    """
    root = Path(source).expanduser()
    root = root if root.is_dir() else root.parent

    def name(path: str) -> str:
        return Path(path).relative_to(root).as_posix() if Path(path).is_relative_to(root) else path

    arrays: dict[str, Any] = {
        "label": predictions.label,
        "names": np.array([name(images.name(index)) for index in range(len(images))]),
    }
    if predictions.probabilities is not None:
        arrays["probabilities"] = predictions.probabilities
    arrays |= {name: predictions.anomaly[name] for name in ("anomaly_score", "accepted") if name in predictions.anomaly}
    if predictions.errors:
        arrays["mse"] = predictions.errors["mse"]
    arrays |= {f"{HISTOGRAM_PREFIX}{name}": counts for name, counts in histograms.items()}
    with written_whole(path) as temporary:
        np.savez_compressed(temporary, **arrays)
