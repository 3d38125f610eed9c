"""What figures need of trained models: a few kernels and a few reconstructions, one model in memory at a time."""

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
from kerasae.training.fit import build_model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kerasae.data.images import ImageSet
    from kerasae.experiments.comparison.plan import Job
    from kerasae.recipe import Part


@dataclass
class Parts:
    """By recipe: kernels by name, reconstructions float (n, H, W, C); and the images uint8 with their classes."""

    kernels: dict[str, dict[str, Kernel]]
    rebuilt: dict[str, np.ndarray]
    images: np.ndarray | None = None
    captions: Sequence[str] = ()


def parts(jobs: Mapping[str, Job], predictions: Mapping[str, Path], split: str) -> Parts:
    """Look into one run of every recipe.

    Args:
        jobs: a finished run by recipe; all share the images of `split`.
        predictions: by recipe what the run said about each of those images.
        split: "test" or "validation".
    """
    found, opener = Parts({}, {}), Opener(asks=False)
    compared: tuple[Part, ...] = ("encoder", "decoder")
    if any("label" in job.recipe.heads for job in jobs.values()):
        compared = ("encoder", "classifier")
    chosen = _chosen(list(predictions.values()))
    for name, job in jobs.items():
        model, collection = load_trained(job.run, needs_rejection=False), opener(job.recipe)
        started_elsewhere = any(phase.start_from for phase in job.recipe.phases)
        initial = None if started_elsewhere else build_model(job.recipe, collection, "float32")
        found.kernels[name] = _kernels(model, initial, compared)
        images: ImageSet = getattr(collection, split)
        if "reconstruction" in job.recipe.heads:
            if found.images is None:
                found.images = images.load(chosen)
                found.captions = [collection.class_names[i] if i >= 0 else "-" for i in images.labels[chosen]]
            outputs = model(found.images, training=False)
            found.rebuilt[name] = keras.ops.convert_to_numpy(outputs["reconstruction"])
        keras.backend.clear_session()
    return found


def _chosen(predictions: Sequence[Path]) -> np.ndarray:
    """Choose images from the middle of each class by their error, as the mean over recipes that rebuild them."""
    errors, labels = [], np.empty(0, np.int64)
    for path in predictions:
        saved = read_npz(path, required=["label"])
        labels = saved["label"]
        errors += [saved["mse"]] if "mse" in saved else []
    return typical(labels, np.mean(errors, axis=0)) if errors else np.empty(0, np.int64)


def _kernels(model: JointAutoencoder, initial: JointAutoencoder | None, compared: Sequence[Part]) -> dict[str, Kernel]:
    """Return the first and last kernel of each part that the model has."""
    found = {}
    for part in compared:
        trained = [kernel for _, kernel in kernels(getattr(model, part, None))]
        before = [kernel for _, kernel in kernels(getattr(initial, part, None))]
        for place, index in (("first", 0), ("last", -1)) if trained else ():
            kernel = Kernel(trained[index].ravel(), before[index].ravel() if before else None)
            found[f"{part}, {place} kernel"] = kernel
    return found
