"""How well a space keeps classes apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.neighbors import NearestNeighbors

NEIGHBOURS = 10


def purity(space: np.ndarray, labels: np.ndarray, num_classes: int) -> dict[str, Any] | None:
    """Return the share of each image's nearest neighbours that are of its own class.

    Args:
        space: float (n, d); distances are Euclidean.
        labels: int (n,), -1 where unknown: those are left out.
        num_classes: how many classes there are.

    Returns:
        `overall`, the mean over images; `per_class`, the mean over each class's, None for an empty one; `chance`,
        what neighbours drawn at random would give; `neighbours`, how many of each were asked. None with fewer than
        three labelled images.
    """
    labelled = labels >= 0
    known, points = labels[labelled], space.reshape(len(space), -1)[labelled]
    if len(known) < 3:
        return None
    count = min(NEIGHBOURS, len(known) - 1)
    found = NearestNeighbors(n_neighbors=count).fit(points).kneighbors(return_distance=False)
    same = (known[found] == known[:, None]).mean(axis=1)
    members = np.bincount(known, minlength=num_classes)
    sums = np.bincount(known, weights=same, minlength=num_classes)
    chance = float(np.sum(members * (members - 1)) / (len(known) * (len(known) - 1)))
    return {
        "overall": float(same.mean()),
        "per_class": [float(total / size) if size else None for total, size in zip(sums, members, strict=True)],
        "chance": chance,
        "neighbours": count,
    }


def centroid_distances(latent: np.ndarray, labels: np.ndarray, num_classes: int) -> list[list[float | None]]:
    """Return how far apart the centres of the classes lie, in units of the spread within classes.

    Element (i, j) is the Euclidean distance of the centres over the root mean squared distance of images from the
    centre of their own class: at 1, two classes lie as near to each other as an image to its own centre. None where a
    class has no image.
    """
    centres = [
        latent[labels == index].mean(axis=0) if (labels == index).any() else None for index in range(num_classes)
    ]
    squares = [
        np.square(latent[labels == index] - centre).sum(axis=1)
        for index, centre in enumerate(centres)
        if centre is not None
    ]
    spread = float(np.sqrt(np.concatenate(squares).mean())) if squares else 0.0
    return [
        [
            None if one is None or other is None else float(np.linalg.norm(one - other) / max(spread, 1e-12))
            for other in centres
        ]
        for one in centres
    ]
