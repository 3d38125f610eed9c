"""Chooses the static figures of an exploration, and draws each with its texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kerasae.data.images import ImageSet, to_uint8
from kerasae.exploration import activations, figures
from kerasae.exploration.maps import METHOD_TITLES, SPACE_TITLES, Map
from kerasae.exploration.neighbors import nearest_neighbours
from kerasae.report.report_figure import ReportFigure, report_figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kerasae.data.collection import Collection
    from kerasae.exploration.latents import ImageLatents
    from kerasae.exploration.result import ExplorationResult
    from kerasae.models import JointAutoencoder

NUM_QUERIES = 8
NUM_NEIGHBOURS = 6
GRID_SIZE = 24  # decoded images along each side of the latent plane

METHOD_CAPTIONS = {
    "pca": (
        "The two directions of largest variance; distances are exact except for the directions that are not shown. "
    ),
    "tsne": "t-SNE preserves neighbourhoods; sizes of groups and distances between them carry no information. ",
    "umap": "UMAP preserves neighbourhoods and the rough arrangement of groups; distances are not to scale. ",
}


def exploration_figures(
    model: JointAutoencoder,
    initial: JointAutoencoder | None,
    collection: Collection,
    images: ImageSet,
    latents: ImageLatents,
    training: ImageLatents,
    maps: Sequence[Map],
    result: ExplorationResult,
) -> Iterator[ReportFigure]:
    """Draw every figure of an exploration.

    Args:
        model: a trained model.
        initial: the untrained model; None if training started from another run's weights.
        collection: the run's images.
        images: the images that were explored.
        latents: of these images.
        training: the latents of all training images.
        maps: of these images.
        result: the numbers of the exploration.
    """
    class_names = collection.class_names
    yield from map_figures(maps, latents, class_names)
    yield from plane_figures(model, latents, class_names)
    yield from measure_figures(result, class_names)
    yield from neighbour_figures(images, latents, collection, training, result.split)
    yield from model_figures(model, initial, images.load([len(images) // 2])[0])


def map_figures(maps: Sequence[Map], latents: ImageLatents, class_names: Sequence[str]) -> Iterator[ReportFigure]:
    """Draw the maps of each method: latents beside raw pixels."""
    for method in dict.fromkeys(map_.method for map_ in maps if map_.method in METHOD_CAPTIONS):
        pair = [map_ for map_ in maps if map_.method == method]
        title, spaces = METHOD_TITLES[method], [SPACE_TITLES[map_.space] for map_ in pair]
        yield report_figure(
            method,
            f"{title}: latents and raw pixels",
            METHOD_CAPTIONS[method] + _point_caption(latents, class_names),
            f"{title} maps of {len(latents.label):,} images, of {' and '.join(spaces)}.",
            figures.maps(pair, latents.label, latents.misclassified, class_names),
        )


def _point_caption(latents: ImageLatents, class_names: Sequence[str]) -> str:
    """Return what a point, its colour and its ring stand for."""
    colour = ", coloured by class" if class_names else ""
    ring = "; a ring marks misclassified images" if (latents.prediction >= 0).any() else ""
    return f"Each point is an image{colour}{ring}."


def plane_figures(model: JointAutoencoder, latents: ImageLatents, class_names: Sequence[str]) -> Iterator[ReportFigure]:
    """Draw a two-dimensional latent, over the images that the decoder generates from its plane."""
    if latents.latent.shape[1] != 2:
        return
    low, high = np.quantile(latents.latent, [0.005, 0.995], axis=0)
    margin = 0.08 * np.maximum(high - low, 1e-6)
    (left, bottom), (right, top) = low - margin, high + margin
    decoded = None
    if model.decoder is not None and model.decoder.input_shape[1:] == (2,):
        x, y = np.meshgrid(_cell_centers(left, right), _cell_centers(top, bottom))
        values = model.decoder.predict(np.stack([x.ravel(), y.ravel()], 1).astype(np.float32), verbose=0)
        decoded = to_uint8(values).reshape(GRID_SIZE, GRID_SIZE, *values.shape[1:])
    background = " Background: the decoder's image of each position." if decoded is not None else ""
    yield report_figure(
        "plane",
        "The latent plane",
        f"The two latent values of each image.{background} {_point_caption(latents, class_names)}",
        f"Scatter plot of the two latent values of {len(latents.label):,} images.",
        figures.plane(
            latents.latent, decoded, (left, right, bottom, top), latents.label, latents.misclassified, class_names
        ),
    )


def _cell_centers(start: float, end: float) -> np.ndarray:
    edges = np.linspace(start, end, GRID_SIZE + 1)
    return (edges[1:] + edges[:-1]) / 2


def measure_figures(result: ExplorationResult, class_names: Sequence[str]) -> Iterator[ReportFigure]:
    """Draw explained variance, centroid distances and the purity of nearest neighbours."""
    shares = result.explained_variance
    first_two = "; ".join(
        f"{space}: the first two components explain {values[:2].sum():.0%}" for space, values in shares.items()
    )
    yield report_figure(
        "variance",
        "Explained variance",
        "The cumulative share of the variance that the first principal components explain. The steeper the curve, the "
        "fewer dimensions the space effectively has.",
        f"Curves of explained variance. {first_two[:1].upper()}{first_two[1:]}.",
        figures.variance(shares),
    )
    if result.centroid_distances is not None:
        yield report_figure(
            "centroids",
            "Distances between class centroids",
            "The distance between the centroids of two classes in the latent space, relative to the distance of images "
            "from the centroid of their own class. Small values indicate overlapping classes.",
            f"Distance matrix of {len(class_names)} classes.",
            figures.centroids(result.centroid_distances, class_names),
        )
    if result.purity is not None:
        by_title = {SPACE_TITLES[space]: purity for space, purity in result.purity.items()}
        num_neighbours = next(iter(by_title.values())).neighbours
        overall = "; ".join(f"{title} {purity.overall:.0%}" for title, purity in by_title.items())
        yield report_figure(
            "purities",
            "Purity of nearest neighbours",
            f"The share of each image's {num_neighbours} nearest neighbours that belong to its own class, in the "
            "latent space and among raw pixels.",
            f"Purity by class. Over all images: {overall}.",
            figures.purities(by_title, class_names),
        )


def neighbour_figures(
    images: ImageSet, latents: ImageLatents, collection: Collection, training: ImageLatents, split: str
) -> Iterator[ReportFigure]:
    """Draw a few images, up to half of them misclassified, with their nearest training images."""
    if not len(training.label):
        return
    queries = _query_indices(latents)
    # The nearest training image of a training image is the image itself.
    num_skipped = int(split == "train")
    num_neighbours = min(NUM_NEIGHBOURS + num_skipped, len(training.label))
    rows = [row[num_skipped:] for row in nearest_neighbours(training.latent, latents.latent[queries], num_neighbours)]
    if not all(rows):
        return
    class_names = collection.class_names

    def class_name(label: int) -> str:
        return class_names[label] if label >= 0 else ""

    def prediction_caption(index: int) -> str:
        return class_names[latents.prediction[index]] if latents.misclassified[index] else ""

    mistakes = (
        " The last images are misclassified; orange: the prediction." if latents.misclassified[queries].any() else ""
    )
    yield report_figure(
        "neighbours",
        "Nearest training images",
        f"Each row: a {split} image, framed, and its nearest training images in the latent space, with class and "
        f"distance.{mistakes}",
        f"{len(queries)} {split} images with their nearest training images.",
        figures.neighbours(
            images.load(queries),
            [(class_name(latents.label[index]), prediction_caption(index)) for index in queries],
            [collection.train.load([neighbour.index for neighbour in row]) for row in rows],
            [[class_name(training.label[neighbour.index]) for neighbour in row] for row in rows],
            [[neighbour.distance for neighbour in row] for row in rows],
        ),
    )


def _query_indices(latents: ImageLatents) -> np.ndarray:
    """Choose correctly classified images, evenly spaced over the classes, then the most confident mistakes."""
    wrong = np.flatnonzero(latents.misclassified)
    wrong = wrong[np.argsort(-latents.confidence[wrong], kind="stable")][: NUM_QUERIES // 2]
    right = np.flatnonzero(~latents.misclassified)
    right = right[np.argsort(latents.label[right], kind="stable")]
    count = min(NUM_QUERIES - len(wrong), len(right))
    return np.concatenate([right[((np.arange(count) + 0.5) / max(count, 1) * len(right)).astype(int)], wrong])


def model_figures(
    model: JointAutoencoder, initial: JointAutoencoder | None, image: np.ndarray
) -> Iterator[ReportFigure]:
    """Draw first-layer filters, the activations of an image, and histograms of the weights."""
    filters = activations.first_layer_filters(model)
    if filters is not None:
        colours = "colours are its three channels." if filters.shape[-1] == 3 else "white positive, black negative."
        yield report_figure(
            "filters",
            "First-layer filters",
            f"The filters of the encoder's first layer, each on its own scale: grey is zero, {colours}",
            f"{len(filters)} filters as images.",
            figures.filters(filters),
        )
    layers = activations.activations(model, image)
    if layers:
        yield report_figure(
            "activations",
            "Activations",
            "The activations of one image in the layers of the encoder. Of each layer, the channels with the largest "
            "variance over the image; bright means a strong activation.",
            f"Feature maps of {len(layers)} layers.",
            figures.activations(image, layers),
        )
    weights = activations.kernel_weights(model, initial)
    if weights:
        outline = "; dark outline: before training" if initial is not None else ""
        yield report_figure(
            "weights",
            "Weights",
            f"Histograms of the weights of each kernel. Blue: trained{outline}. Each histogram has an area of 1; "
            "the outermost bins include all values beyond the axis.",
            f"Histograms of {len(weights)} kernels.",
            figures.weights(weights),
        )
