"""The verb that measures a trained run on its test images: metrics.json and predictions.npz."""

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
from kerasae.generation import Request, by_generator, judge_of, write_generated
from kerasae.inference.forward import predict_image_set
from kerasae.losses import ReconstructionLoss
from kerasae.models import AdversarialModel, deviation
from kerasae.recipe import PARTS
from kerasae.runs.history import History, read_history
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import keras

    from kerasae.data.collection import Collection
    from kerasae.data.images import ImageSet
    from kerasae.inference.predictions import Predictions
    from kerasae.runs.run import Run


def evaluate(
    run: Run,
    model: keras.Model,
    collection: Collection,
    *,
    batch_size: int = 256,
    linear_baseline: bool | None = None,
) -> dict[str, Any]:
    """Measure the model on the test images, and keep metrics.json and predictions.npz in the run.

    The recipe's variants of the test images are measured alike, under `variants`; how bright the training images
    are, and what the same changes make of them, is then counted too, under `train`.
    What looks wrong in the training or beside the linear baseline is said under `cautions`, where anything does.
    Images without a label count for the reconstruction only. A head that the model lacks, or that nothing can be
    said about, is absent from the metrics; a number that is not defined is null.

    Args:
        run: where the recipe and history are read and the results kept.
        model: takes uint8 (n, H, W, C); returns "reconstruction" float32 (n, H, W, C) in [0, 1], "label" softmax
            (n, num_classes), or both, by name.
        collection: the images; only `test` is predicted, `train` is what the linear baseline learns from.
        batch_size: the most images of one batch; fewer where images are large.
        linear_baseline: whether to fit a linear model beside it; None does where that takes seconds.

    Returns:
        What metrics.json holds.

    Raises:
        RequestError: there is no test image, or a variant's transform does not exist.
    """
    if not len(collection.test):
        raise RequestError(
            "evaluate", expected="at least one test image", received="0", fix="give a source with test images"
        )
    started = time.perf_counter()
    recipe, class_names = run.recipe, collection.class_names
    loss = ReconstructionLoss(recipe.loss.reconstruction, deviation(model))
    predictions = predict_image_set(model, collection.test, loss=loss, batch_size=batch_size)
    seconds = time.perf_counter() - started

    test = ImageSetMetrics.of(predictions, class_names)
    histograms = {"test": predictions.histogram}
    variants: dict[str, ImageSetMetrics] = {}
    for name, images in variants_of(collection.test, recipe).items():
        of_variant = predict_image_set(model, images, loss=loss, batch_size=batch_size)
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
        model=parameter_counts(model),
        timings=Timings(_training_seconds(run), seconds, len(collection.test) / seconds),
    ).to_json()
    write_predictions(run.predictions, predictions, collection.test, collection.facts["source"], histograms)
    write_json(run.metrics, metrics)
    return metrics


def evaluate_generator(run: Run, model: AdversarialModel, collection: Collection) -> dict[str, Any]:
    """Have the images of an adversarial model judged, into RUN/generated, and keep metrics.json in the run.

    Returns:
        What metrics.json holds: what generated.json does under `generated`, and the same `model` and `timings` as of
        other runs.
    """
    started = time.perf_counter()
    request = Request(tuple(range(len(collection.class_names))) if model.num_classes else ())
    method = by_generator(model)
    found = write_generated(run, collection, [method], request, judge_of(run, collection))
    metrics = {
        "generated": found,
        "model": parameter_counts(model, ("generator", "discriminator")),
        "timings": Timings(_training_seconds(run), time.perf_counter() - started).to_json(),
    }
    write_json(run.metrics, metrics)
    return metrics


def parameter_counts(model: keras.Model, parts_of: Sequence[str] = PARTS) -> dict[str, Any]:
    """Count parameters in all and by part; what is shared, such as a tied kernel, counts once, in the first part."""
    counted: set[int] = set()

    def count(weights: list[Any]) -> int:
        new = {id(weight): weight for weight in weights if id(weight) not in counted}
        counted.update(new)
        return sum(int(np.prod(weight.shape)) for weight in new.values())

    parts = {part: count(getattr(model, part).weights) for part in parts_of if getattr(model, part, None) is not None}
    rest = count(model.weights)
    return {
        "parameters": sum(parts.values()) + rest,
        "parameters_by_part": parts | ({"other": rest} if rest else {}),
    }


def _training_seconds(run: Run) -> float | None:
    history = without(lambda: read_history(run.history), History([], {}))
    return number(np.nansum(history.columns["seconds"])) if history.has("seconds") else None


def write_predictions(
    path: Path,
    predictions: Predictions,
    images: ImageSet,
    source: str,
    histograms: Mapping[str, np.ndarray] = MappingProxyType({}),
) -> None:
    """Keep labels, names, what the heads said about each image, and histograms by name, as an .npz file.

    Names are relative to `source`, so that the file is the same wherever the images are.
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
    arrays |= {f"histogram-{name}": counts for name, counts in histograms.items()}
    with written_whole(path) as temporary:
        np.savez_compressed(temporary, **arrays)
