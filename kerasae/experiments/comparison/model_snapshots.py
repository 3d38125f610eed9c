"""Kernels and reconstructions of one trained model of each recipe, with one model in memory at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import keras
import numpy as np

from kerasae.data.collection_cache import Opener
from kerasae.files.reading import read_npz
from kerasae.models import JointAutoencoder, load_trained
from kerasae.models.kernels import kernels
from kerasae.report.kernel_histogram import Kernel
from kerasae.report.selection import typical
from kerasae.training.joint import build_model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kerasae.data.images import ImageSet
    from kerasae.experiments.comparison.plan import ComparisonJob
    from kerasae.recipe import Part


@dataclass
class ModelSnapshots:
    """What figures show of the models.

    Attributes:
        kernels: by recipe and kernel name, trained and initial weights.
        reconstructions: by recipe that reconstructs, float (n, H, W, C) in [0, 1].
        images: the reconstructed images, uint8 (n, H, W, C); None if no recipe reconstructs.
        class_names: the class of each image; "-" where it has no label.
    """

    kernels: dict[str, dict[str, Kernel]]
    reconstructions: dict[str, np.ndarray]
    images: np.ndarray | None = None
    class_names: Sequence[str] = ()


def model_snapshots(jobs: Mapping[str, ComparisonJob], predictions: Mapping[str, Path], split: str) -> ModelSnapshots:
    """Load one model of every recipe and keep what figures show of it.

    Args:
        jobs: a finished run by recipe; all have the same images in `split`.
        predictions: by recipe, the run's predictions for those images.
        split: "test" or "validation".
    """
    snapshots, opener = ModelSnapshots({}, {}), Opener(asks=False)
    parts: tuple[Part, Part] = ("encoder", "decoder")
    if any("label" in job.recipe.heads for job in jobs.values()):
        parts = ("encoder", "classifier")
    indices = _typical_images(list(predictions.values()))
    for name, job in jobs.items():
        model, collection = load_trained(job.run, needs_rejection=False).model, opener(job.recipe)
        starts_from_run = any(phase.start_from for phase in job.recipe.phases)
        initial = None if starts_from_run else build_model(job.recipe, collection, "float32")
        snapshots.kernels[name] = _first_and_last_kernels(model, initial, parts)
        images: ImageSet = getattr(collection, split)
        if "reconstruction" in job.recipe.heads:
            if snapshots.images is None:
                snapshots.images = images.load(indices)
                labels = images.labels[indices]
                snapshots.class_names = [collection.class_names[label] if label >= 0 else "-" for label in labels]
            outputs = model(snapshots.images, training=False)
            snapshots.reconstructions[name] = keras.ops.convert_to_numpy(outputs["reconstruction"])
        keras.backend.clear_session()
    return snapshots


def _typical_images(predictions: Sequence[Path]) -> np.ndarray:
    """Return indices of images whose error, averaged over recipes, is in the middle of their class."""
    errors, labels = [], np.empty(0, np.int64)
    for path in predictions:
        arrays = read_npz(path, required=["label"])
        labels = arrays["label"]
        errors += [arrays["mse"]] if "mse" in arrays else []
    return typical(labels, np.mean(errors, axis=0)) if errors else np.empty(0, np.int64)


def _first_and_last_kernels(
    model: JointAutoencoder, initial: JointAutoencoder | None, parts: Sequence[Part]
) -> dict[str, Kernel]:
    """Return the first and the last kernel of each part that the model has, by name."""
    by_name = {}
    for part in parts:
        trained = [kernel for _, kernel in kernels(getattr(model, part, None))]
        before = [kernel for _, kernel in kernels(getattr(initial, part, None))]
        for position, index in (("first", 0), ("last", -1)) if trained else ():
            kernel = Kernel(trained[index].ravel(), before[index].ravel() if before else None)
            by_name[f"{part}, {position} kernel"] = kernel
    return by_name
