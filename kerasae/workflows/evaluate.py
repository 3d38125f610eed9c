"""The verb that measures a trained run on its test images: metrics.json and predictions.npz."""

from __future__ import annotations

import time
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasae.evaluation.baseline import is_small
from kerasae.evaluation.baseline import linear_baseline as fit_linear_baseline
from kerasae.evaluation.cautions import cautions
from kerasae.evaluation.label import label_metrics
from kerasae.evaluation.numbers import number
from kerasae.evaluation.pixels import count_pixels, pixel_statistics
from kerasae.evaluation.reconstruction import reconstruction_metrics
from kerasae.evaluation.rejection import rejection_metrics
from kerasae.evaluation.variants import changed
from kerasae.files.reading import without
from kerasae.files.writing import write_json, written_whole
from kerasae.generation import SamplingOptions, generator_sampler, load_or_train_judge, write_generated
from kerasae.inference.forward import predict
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
    from kerasae.evaluation.predictions import Predictions
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
    recipe = run.recipe
    loss = ReconstructionLoss(recipe.loss.reconstruction, deviation(model))
    predictions = predict(model, collection.test, loss=loss, batch_size=batch_size)
    seconds = time.perf_counter() - started

    metrics: dict[str, Any] = {"test": measured(predictions, collection.class_names)}
    histograms = {"test": predictions.histogram}
    for name, images in changed(collection.test, recipe).items():
        answers = predict(model, images, loss=loss, batch_size=batch_size)
        metrics.setdefault("variants", {})[name] = measured(answers, collection.class_names)
        histograms[name] = answers.histogram
    if recipe.evaluation.variants:
        counts = {name: count_pixels(images) for name, images in changed(collection.train, recipe).items()}
        histograms |= {"train": count_pixels(collection.train)}
        histograms |= {f"train, {name}": counted for name, counted in counts.items()}
        metrics["train"] = {"num_pictures": len(collection.train), "pixels": pixel_statistics(histograms["train"])}
        metrics["train"]["variants"] = {name: pixel_statistics(counted) for name, counted in counts.items()}
    if "label" in metrics["test"] and (is_small(collection) if linear_baseline is None else linear_baseline):
        baseline = fit_linear_baseline(collection)
        metrics |= {"baseline": {"linear": baseline}} if baseline else {}
    if warned := cautions(read_history(run.history), collection.validation.labels, metrics):
        metrics["cautions"] = warned
    metrics["model"] = parameter_counts(model)
    metrics["timings"] = {
        "training_seconds": _training_seconds(run),
        "evaluation_seconds": seconds,
        "images_per_second": len(collection.test) / seconds,
    }
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
    options = SamplingOptions(tuple(range(len(collection.class_names))) if model.num_classes else ())
    judge = load_or_train_judge(run, collection)
    result = write_generated(run, collection, [generator_sampler(model)], options, judge)
    metrics = {
        "generated": result.to_json(),
        "model": parameter_counts(model, ("generator", "discriminator")),
        "timings": {
            "training_seconds": _training_seconds(run),
            "evaluation_seconds": time.perf_counter() - started,
        },
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


def measured(predictions: Predictions, class_names: tuple[str, ...]) -> dict[str, Any]:
    """Return the metrics of what a model said about the images of one split, as in the table "test"."""
    truth = predictions.label
    metrics: dict[str, Any] = {"num_pictures": len(truth), "pixels": pixel_statistics(predictions.histogram)}
    labelled = truth >= 0
    if predictions.probabilities is not None and labelled.any():
        metrics["label"] = label_metrics(truth[labelled], predictions.probabilities[labelled], class_names)
    if predictions.anomaly:
        metrics["rejection"] = rejection_metrics(predictions, class_names)
    if predictions.errors:
        metrics["reconstruction"] = reconstruction_metrics(predictions.errors, truth, class_names)
    return metrics


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
