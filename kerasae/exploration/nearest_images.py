"""Finds the training images nearest to any given images, and draws them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kerasae.data.array_images import ArrayImages
from kerasae.exploration import figures
from kerasae.exploration.latents import ImageLatents, encode_images
from kerasae.exploration.neighbors import Neighbour, nearest_neighbours, training_latents
from kerasae.files.writing import written_whole
from kerasae.report.report_figure import report_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.data.collection import Collection
    from kerasae.models import JointAutoencoder
    from kerasae.runs.folder import RunFolder


@dataclass(frozen=True)
class NearestImages:
    """The nearest training images of some images.

    Attributes:
        neighbours: of each image, nearest first; indices refer to `training`.
        training: the latents of all training images.
        figure: the path of the drawing.
    """

    neighbours: list[list[Neighbour]]
    training: ImageLatents
    figure: Path


def write_nearest_images(
    run: RunFolder,
    model: JointAutoencoder,
    collection: Collection,
    named_images: Sequence[tuple[str, np.ndarray]],
    count: int = 7,
) -> NearestImages:
    """Find the training images nearest to given images in the latent space, and draw them to RUN/explore/near.png.

    Args:
        run: of the model.
        model: a trained model.
        collection: the run's images.
        named_images: the path and the pixels, uint8 (H, W, C) of the run's image shape, of each image.
        count: the number of neighbours of each image.
    """
    names = [name for name, _ in named_images]
    images = np.stack([pixels for _, pixels in named_images])
    encoded = encode_images(model, ArrayImages(images, np.full(len(images), -1), names))
    training = training_latents(run, model, collection)
    neighbours = nearest_neighbours(training.latent, encoded.latents.latent, count)

    def class_name(label: int) -> str:
        return collection.class_names[label] if label >= 0 else ""

    figure = figures.neighbours(
        images,
        [(Path(name).stem, "") for name in names],
        [collection.train.load([neighbour.index for neighbour in row]) for row in neighbours],
        [[class_name(training.label[neighbour.index]) for neighbour in row] for row in neighbours],
        [[neighbour.distance for neighbour in row] for row in neighbours],
    )
    path = run.path / "explore" / "near.png"
    with written_whole(path) as temporary:
        temporary.write_bytes(report_figure("near", "", "", "", figure).png)
    return NearestImages(neighbours, training, path)
