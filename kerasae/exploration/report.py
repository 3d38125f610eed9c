"""Explores the latent space of a run, and writes the numbers, the maps, the figures and the interactive page."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasae.exploration.latents import EncodedImages, encode_images
from kerasae.exploration.map_data import map_data
from kerasae.exploration.maps import SPACE_TITLES, Map, principal_components, reduce
from kerasae.exploration.measures import centroid_distances, purity
from kerasae.exploration.neighbors import training_latents
from kerasae.exploration.report_figures import exploration_figures
from kerasae.exploration.result import ExplorationResult
from kerasae.files.writing import write_json, write_text, written_whole
from kerasae.report.report_figure import ReportFigure, write_figure_texts, write_report_figures
from kerasae.report.templating import render
from kerasae.training.joint import build_model
from kerasae.utils.console import stderr_console
from kerasae.utils.formatting import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from kerasae.data.collection import Collection
    from kerasae.exploration.options import ExplorationOptions
    from kerasae.models import JointAutoencoder
    from kerasae.runs.folder import RunFolder

THUMBNAIL_SIDE = 64  # pixels, of the images that pages show and that maps of raw pixels are computed from


def write_exploration(
    run: RunFolder,
    model: JointAutoencoder,
    collection: Collection,
    options: ExplorationOptions,
    *,
    console: Console | None = None,
) -> Path:
    """Explore the latent space of a run, and write the results to RUN/explore/SPLIT.

    Args:
        run: of the model.
        model: a trained model.
        collection: the run's images.
        options: what to explore.
        console: where progress is printed; standard error if None.

    Returns:
        The path of the interactive page.

    Raises:
        RequestError: the options do not fit the images, see `ExplorationOptions.select_images`.
    """
    console = console or stderr_console()
    images = options.select_images(collection)
    folder = run.path / "explore" / options.split
    encoded = encode_images(model, images, thumbnail_side=THUMBNAIL_SIDE, title=f"Encoding the {options.split} images")
    latents = encoded.latents
    latents.save(folder / "latents.npz")
    has_all_training_images = options.split == "train" and len(images) == len(collection.train)
    training = latents if has_all_training_images else training_latents(run, model, collection)
    latent_shape = model.encoder.output_shape[1:]
    if len(latent_shape) > 1:
        console.print(
            f"the latent is a feature map of {'x'.join(map(str, latent_shape))}: it is pooled to the mean of its "
            f"{latent_shape[-1]} channels",
            soft_wrap=True,
        )

    maps, result = _measure(encoded, latent_shape, collection.class_names, options, console)
    write_json(folder / "exploration.json", result.to_json())
    _write_maps(folder / "maps.npz", maps)

    console.print("drawing", soft_wrap=True)
    has_initial_weights = not any(phase.start_from for phase in run.recipe.phases)
    initial = build_model(run.recipe, collection, "float32") if has_initial_weights else None
    figures = exploration_figures(model, initial, collection, images, latents, training, maps, result)
    report_figures = write_report_figures(figures, folder / "figures")
    write_figure_texts(report_figures, folder / "figures" / "figures.json")
    return write_page(folder / "explore.html", run, collection.class_names, encoded, maps, result, report_figures)


def _measure(
    encoded: EncodedImages,
    latent_shape: tuple[int, ...],
    class_names: Sequence[str],
    options: ExplorationOptions,
    console: Console,
) -> tuple[list[Map], ExplorationResult]:
    """Compute the maps and the numbers of the latent space and of raw pixels."""
    latents = encoded.latents
    assert encoded.thumbnails is not None
    num_images, num_classes = len(latents.label), len(class_names)
    perplexity = options.perplexity_for(num_images)
    spaces = {"latent": latents.latent, "pixels": encoded.thumbnails}
    maps: list[Map] = []
    explained_variance: dict[str, np.ndarray] = {}
    if latents.latent.shape[1] == 2:
        maps.append(Map("plane", "latent", latents.latent))
    for space, values in spaces.items():
        components, explained_variance[SPACE_TITLES[space]] = principal_components(values, options.seed)
        for method in options.methods:
            started = time.perf_counter()
            map_ = Map(method, space, reduce(method, components, perplexity, options.seed))
            maps.append(map_)
            seconds = time.perf_counter() - started
            source = f", from {components.shape[1]} principal components" if method != "pca" else ""
            console.print(f"{map_.title}{source}: {seconds:.1f} s", soft_wrap=True)
    purities = {
        space: measured
        for space, values in spaces.items()
        if class_names and (measured := purity(values, latents.label, num_classes)) is not None
    }
    return maps, ExplorationResult(
        split=options.split,
        num_images=num_images,
        latent_shape=latent_shape,
        latent_dim=latents.latent.shape[1],
        seed=options.seed,
        perplexity=perplexity,
        explained_variance=explained_variance,
        purity=purities or None,
        centroid_distances=centroid_distances(latents.latent, latents.label, num_classes) if class_names else None,
    )


def _write_maps(path: Path, maps: Sequence[Map]) -> None:
    """Write the coordinates of each map as the array "SPACE-METHOD" of an .npz file."""
    arrays: dict[str, Any] = {f"{map_.space}-{map_.method}": map_.xy for map_ in maps}
    with written_whole(path) as temporary:
        np.savez_compressed(temporary, **arrays)


def write_page(
    path: Path,
    run: RunFolder,
    class_names: Sequence[str],
    encoded: EncodedImages,
    maps: Sequence[Map],
    result: ExplorationResult,
    report_figures: Mapping[str, ReportFigure],
) -> Path:
    """Write the interactive page, one self-contained HTML file, and return its path.

    Args:
        path: of the page.
        run: that was explored.
        class_names: the names of the classes.
        encoded: the images of the maps, with thumbnails.
        maps: the maps to choose from.
        result: the numbers of the exploration.
        report_figures: the static figures, by name.
    """
    latents = encoded.latents
    page = render(
        "page.html.j2",
        "kerasae.exploration",
        title=run.recipe.title or run.name,
        run=run.name,
        result=result,
        classes=[plain(name) for name in class_names],
        report_figures=report_figures,
        data=map_data(class_names, encoded, maps),
        num_misclassified=int(latents.misclassified.sum()),
        has_predictions=bool((latents.prediction >= 0).any()),
    )
    write_text(path, page)
    return path
