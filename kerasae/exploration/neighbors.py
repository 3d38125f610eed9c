"""The training images that the model finds most like an image."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from sklearn.neighbors import NearestNeighbors

from kerasae.data.array_images import ArrayImages
from kerasae.exploration import figures
from kerasae.exploration.latents import Latents, observe
from kerasae.files.reading import without
from kerasae.files.writing import written_whole
from kerasae.report.report_figure import report_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.data.collection import Collection
    from kerasae.models import JointAutoencoder
    from kerasae.runs.run import Run


@dataclass(frozen=True)
class Neighbour:
    """A training image near another: its place among the training images, and how far off in the latent space."""

    index: int
    distance: float


def neighbours(space: np.ndarray, points: np.ndarray, count: int) -> list[list[Neighbour]]:
    """Return for each of `points` (m, d) the nearest of `space` (n, d), nearest first; distances are Euclidean."""
    found = NearestNeighbors(n_neighbors=min(count, len(space))).fit(space).kneighbors(points)
    return [
        [Neighbour(int(index), float(distance)) for distance, index in zip(*row, strict=True)]
        for row in zip(*found, strict=True)
    ]


def trained_on(run: Run, model: JointAutoencoder, collection: Collection) -> Latents:
    """Return the latents of the training images, from the run if it has kept them."""
    own = run.path / "explore" / "training.npz"
    # What an exploration of the training images has kept serves too, if it was of all of them.
    for path in (own, run.path / "explore" / "train" / "latents.npz"):
        if path.is_file() and path.stat().st_mtime >= run.model.stat().st_mtime:
            kept = without(functools.partial(Latents.read, path), None)
            if kept is not None and len(kept.label) == len(collection.train):
                return kept
    found, _, _ = observe(model, collection.train, what="Encoding the training images")
    found.save(own)
    return found


def nearest(
    run: Run,
    model: JointAutoencoder,
    collection: Collection,
    image_set: Sequence[tuple[str, np.ndarray]],
    count: int = 7,
) -> tuple[list[list[Neighbour]], Latents, Path]:
    """Find the training images nearest to any images, and draw them to RUN/explore/near.png.

    Args:
        run: of the model.
        model: as trained.
        collection: the run's images.
        images: names and pixels, uint8 (H, W, C) of the run's own shape.
        count: how many neighbours of each.

    Returns:
        The neighbours of each image, the latents of all training images, and the figure's path.
    """
    images = np.stack([pixels for _, pixels in image_set])
    asked = ArrayImages(images, np.full(len(images), -1), [name for name, _ in image_set])
    where, _, _ = observe(model, asked)
    known = trained_on(run, model, collection)
    found = neighbours(known.latent, where.latent, count)
    figure = figures.neighbours(
        images,
        [(Path(name).stem, "") for name, _ in image_set],
        [collection.train.load([one.index for one in row]) for row in found],
        [[_called(known.label[one.index], collection.class_names) for one in row] for row in found],
        [[one.distance for one in row] for row in found],
    )
    path = run.path / "explore" / "near.png"
    with written_whole(path) as temporary:
        temporary.write_bytes(report_figure("near", "", "", "", figure).png)
    return found, known, path


def _called(label: int, class_names: Sequence[str]) -> str:
    return class_names[label] if label >= 0 else ""
