"""The static figures of an exploration, each with the words that tell how to read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kerasae.data.images import ImageSet, to_uint8
from kerasae.exploration import activations, figures
from kerasae.exploration.maps import TITLES, Map
from kerasae.exploration.neighbors import neighbours
from kerasae.report.figures.kernels import kernels
from kerasae.report.report_figure import ReportFigure, report_figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kerasae.data.collection import Collection
    from kerasae.exploration.latents import Latents
    from kerasae.models import JointAutoencoder

QUERIES = 8
NEAREST = 6
GRID = 24  # images along each side of the decoded plane

_HOW = {
    "pca": "The two directions in which the space varies most; distances are true but for what lies across them. ",
    "tsne": "Neighbours are kept together; distances between groups and their sizes mean nothing. ",
    "umap": "Neighbours are kept together, and groups roughly in place; distances are not to scale. ",
}


def _marks(found: Latents, class_names: Sequence[str]) -> str:
    """Tell what a point is, as far as there are classes and answers."""
    ringed = "; a ring marks those that were named wrong" * bool((found.prediction >= 0).any())
    return f"Each point is an image{', its colour the class' * bool(class_names)}{ringed}."


def of_maps(made: Sequence[Map], found: Latents, class_names: Sequence[str]) -> Iterator[ReportFigure]:
    """Draw the maps of each method: latents, and raw pixels beside them."""
    for method in dict.fromkeys(one.method for one in made if one.method in _HOW):
        pair = [one for one in made if one.method == method]
        alt = f"{TITLES[method]} of {len(found.label):,} images in {len(pair)} spaces."
        figure = figures.maps(pair, found.label, found.wrong, class_names)
        yield report_figure(
            method, f"{TITLES[method]}: latents and raw pixels", _HOW[method] + _marks(found, class_names), alt, figure
        )


def of_plane(model: JointAutoencoder, found: Latents, class_names: Sequence[str]) -> Iterator[ReportFigure]:
    """Draw a latent of two values directly, with what the decoder makes of the plane behind it."""
    if found.latent.shape[1] != 2:
        return
    low, high = np.quantile(found.latent, [0.005, 0.995], axis=0)
    margin = 0.08 * np.maximum(high - low, 1e-6)
    (left, bottom), (right, top) = low - margin, high + margin
    decoded = None
    if model.decoder is not None and model.decoder.input_shape[1:] == (2,):
        x, y = np.meshgrid(_centres(left, right), _centres(top, bottom))
        values = model.decoder.predict(np.stack([x.ravel(), y.ravel()], 1).astype(np.float32), verbose=0)
        decoded = to_uint8(values).reshape(GRID, GRID, *values.shape[1:])
    figure = figures.plane(found.latent, decoded, (left, right, bottom, top), found.label, found.wrong, class_names)
    caption = "The latent has two values: each image where it lies." + (
        " Behind the points, what the decoder makes of each place." if decoded is not None else ""
    )
    yield report_figure(
        "plane",
        "The latent plane",
        f"{caption} {_marks(found, class_names)}",
        "The plane of the two latent values.",
        figure,
    )


def _centres(begin: float, end: float) -> np.ndarray:
    edges = np.linspace(begin, end, GRID + 1)
    return (edges[1:] + edges[:-1]) / 2


def of_numbers(
    numbers: dict[str, object], shares: dict[str, np.ndarray], names: Sequence[str]
) -> Iterator[ReportFigure]:
    """Draw explained variance, centre distances and purities."""
    alt = "; ".join(f"{name}: the first two explain {values[:2].sum():.0%}" for name, values in shares.items())
    caption = "How much of the spread the first principal components hold together: a steep curve is a flat space."
    yield report_figure("variance", "Explained variance", caption, alt, figures.variance(shares))
    distances, purities = numbers.get("centroid_distances"), numbers.get("purity")
    if isinstance(distances, list):
        caption = (
            "How far the centres of two classes lie apart, in units of how far images lie from their own centre. "
            "Small numbers are classes that blend into each other."
        )
        figure = figures.centroids(distances, names)
        yield report_figure(
            "centroids", "Distances of class centres", caption, f"A matrix of {len(names)} classes.", figure
        )
    if isinstance(purities, dict):
        alt = "; ".join(f"{space}: {one['overall']:.0%} over all" for space, one in purities.items())
        caption = (
            f"Of each image's {next(iter(purities.values()))['neighbours']} nearest neighbours, how many are of its "
            "class: in the latent space, and among raw pixels."
        )
        yield report_figure("purities", "Purity of neighbourhoods", caption, alt, figures.purities(purities, names))


def of_neighbours(
    images: ImageSet, found: Latents, collection: Collection, trained: Latents, split: str
) -> Iterator[ReportFigure]:
    """Draw a few images, half of them named wrong where there are such, and the nearest training images."""
    if not len(trained.label):
        return
    chosen = _queries(found)
    # A training image's own place is no neighbour.
    skipped = int(split == "train")
    rows = [
        row[skipped:]
        for row in neighbours(trained.latent, found.latent[chosen], min(NEAREST + skipped, len(trained.label)))
    ]
    if not all(rows):
        return
    names = collection.class_names
    figure = figures.neighbours(
        images.load(chosen),
        [_said(found, index, names) for index in chosen],
        [collection.train.load([one.index for one in row]) for row in rows],
        [[names[trained.label[one.index]] if trained.label[one.index] >= 0 else "" for one in row] for row in rows],
        [[one.distance for one in row] for row in rows],
    )
    caption = (
        f"In each row a {split} image, framed, and the training images nearest to it in the latent space, with "
        "class and distance." + (" The lower half was named wrong." if found.wrong[chosen].any() else "")
    )
    yield report_figure("neighbours", "Nearest training images", caption, f"{len(chosen)} images in rows.", figure)


def _said(found: Latents, index: int, names: Sequence[str]) -> tuple[str, str]:
    """Return an image's class, and what it was named instead."""
    label, wrong = found.label[index], found.wrong[index]
    return names[label] if label >= 0 else "", f"as {names[found.prediction[index]]}" if wrong else ""


def _queries(found: Latents) -> np.ndarray:
    """Choose right ones from end to end, then the surest of the wrong ones."""
    wrong = np.flatnonzero(found.wrong)
    wrong = wrong[np.argsort(-found.confidence[wrong], kind="stable")][: QUERIES // 2]
    right = np.flatnonzero(~found.wrong)
    right = right[np.argsort(found.label[right], kind="stable")]
    few = min(QUERIES - len(wrong), len(right))
    return np.concatenate([right[((np.arange(few) + 0.5) / max(few, 1) * len(right)).astype(int)], wrong])


def of_insides(model: JointAutoencoder, initial: JointAutoencoder | None, image: np.ndarray) -> Iterator[ReportFigure]:
    """Draw first-layer filters, activations of an image and weight histograms."""
    first = activations.first_filters(model)
    if first is not None:
        caption = "What the encoder's first layer looks for, each filter on its own scale: grey is zero" + (
            ", colours are its three channels." if first.shape[-1] == 3 else ", white positive, black negative."
        )
        yield report_figure(
            "filters", "Filters of the first layer", caption, f"{len(first)} filters.", figures.filters(first)
        )
    seen = activations.activations(model, image)
    if seen:
        caption = (
            "One image on its way through the encoder: of each layer the channels that vary most over it, bright "
            "where they respond."
        )
        yield report_figure(
            "activations", "Activations", caption, f"Maps of {len(seen)} layers.", figures.activations(image, seen)
        )
    weights = activations.weights(model, initial)
    if weights:
        caption = "The weights of each kernel in blue" + (
            ", as they were before training as a dark outline." if initial is not None else "."
        )
        caption += " Areas are one; the outermost bars hold what lies beyond."
        yield report_figure("weights", "Weights", caption, f"Histograms of {len(weights)} kernels.", kernels(weights))
