"""Nearest neighbours in the latent space, and the latents of the training images to search in."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sklearn.neighbors import NearestNeighbors

from kerasae.exploration.latents import ImageLatents, encode_images
from kerasae.files.reading import without

if TYPE_CHECKING:
    import numpy as np

    from kerasae.data.collection import Collection
    from kerasae.models import JointAutoencoder
    from kerasae.runs.folder import RunFolder


@dataclass(frozen=True)
class Neighbour:
    """The index of a training image, and its distance in the latent space."""

    index: int
    distance: float


def nearest_neighbours(space: np.ndarray, points: np.ndarray, count: int) -> list[list[Neighbour]]:
    """Return the nearest vectors of each point, nearest first.

    Args:
        space: float (n, d), the vectors to search in; distances are Euclidean.
        points: float (m, d).
        count: the number of neighbours of each point; n if it is larger.
    """
    distances, indices = NearestNeighbors(n_neighbors=min(count, len(space))).fit(space).kneighbors(points)
    return [
        [Neighbour(int(index), float(distance)) for index, distance in zip(*row, strict=True)]
        for row in zip(indices, distances, strict=True)
    ]


def training_latents(run: RunFolder, model: JointAutoencoder, collection: Collection) -> ImageLatents:
    """Return the latents of all training images, from the run if it has kept them.

    Computed latents are kept in RUN/explore/training.npz.
    """
    path = run.path / "explore" / "training.npz"
    # An exploration of the training images has kept their latents as well, if it was not limited to a part.
    for kept_path in (path, run.path / "explore" / "train" / "latents.npz"):
        if kept_path.is_file() and kept_path.stat().st_mtime >= run.model.stat().st_mtime:
            kept = without(functools.partial(ImageLatents.read, kept_path), None)
            if kept is not None and len(kept.label) == len(collection.train):
                return kept
    latents = encode_images(model, collection.train, title="Encoding the training images").latents
    latents.save(path)
    return latents
