"""The exploration of a run: latents, numbers, figures and one interactive page."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasae.exploration import report_figures
from kerasae.exploration.latents import Latents, observe
from kerasae.exploration.maps import OF, Map, principal, reduce
from kerasae.exploration.measures import centroid_distances, purity
from kerasae.exploration.neighbors import trained_on
from kerasae.exploration.page import write_page
from kerasae.files.writing import write_json, written_whole
from kerasae.report.report_figure import keep, keep_words
from kerasae.training.joint import build_model
from kerasae.utils.console import stderr_console

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from kerasae.data.collection import Collection
    from kerasae.data.images import ImageSet
    from kerasae.exploration.plan import Plan
    from kerasae.models import JointAutoencoder
    from kerasae.runs.run import Run

SIDE = 64  # of the copies that pages show and pixel maps are made of


def write_exploration(
    run: Run, model: JointAutoencoder, collection: Collection, plan: Plan, *, console: Console | None = None
) -> Path:
    """Look at a run's latent space, and keep all below RUN/explore/SPLIT.

    Args:
        run: of the model.
        model: as trained.
        collection: the run's images.
        plan: what to look at.
        console: where to say what is being done.

    Returns:
        The path of the interactive page.

    Raises:
        RequestError: see `Plan.images`.
    """
    console = console or stderr_console()
    images = plan.images(collection)
    folder = run.path / "explore" / plan.split
    found, small, rebuilt = observe(model, images, SIDE, f"Encoding the {plan.split} images")
    assert small is not None
    found.save(folder / "latents.npz")
    trained = (
        found if plan.split == "train" and len(images) == len(collection.train) else trained_on(run, model, collection)
    )
    shape = model.encoder.output_shape[1:]
    if len(shape) > 1:
        console.print(
            f"the latent is a map, {'x'.join(map(str, shape))}: each image's is pooled to the mean of its "
            f"{shape[-1]} channels",
            soft_wrap=True,
        )

    numbers: dict[str, Any] = {
        "split": plan.split,
        "num_pictures": len(images),
        "latent_shape": list(shape),
        "latent_dim": found.latent.shape[1],
        "seed": plan.seed,
        "perplexity": plan.neighbours(len(images)),
    }
    spaces = {"latent": found.latent, "pixels": small}
    made, shares = _maps(spaces, plan, console)
    numbers["explained_variance"] = {name: values.tolist() for name, values in shares.items()}
    if collection.class_names:
        pure = {name: purity(values, found.label, len(collection.class_names)) for name, values in spaces.items()}
        if all(pure.values()):
            numbers["purity"] = pure
        numbers["centroid_distances"] = centroid_distances(found.latent, found.label, len(collection.class_names))
    write_json(folder / "exploration.json", numbers)
    with written_whole(folder / "maps.npz") as temporary:
        arrays: dict[str, Any] = {f"{one.of}-{one.method}": one.xy for one in made}
        np.savez_compressed(temporary, **arrays)

    console.print("drawing", soft_wrap=True)
    drawn = keep(_plates(run, model, collection, images, plan, found, trained, made, numbers), folder / "figures")
    keep_words(drawn, folder / "figures" / "figures.json")
    return write_page(folder / "explore.html", run, collection, found, made, small, rebuilt, numbers, drawn)


def _maps(spaces: dict[str, np.ndarray], plan: Plan, console: Console) -> tuple[list[Map], dict[str, np.ndarray]]:
    made: list[Map] = []
    shares: dict[str, np.ndarray] = {}
    if spaces["latent"].shape[1] == 2:
        made.append(Map("plane", "latent", spaces["latent"]))
    for of, values in spaces.items():
        components, shares[OF[of]] = principal(values, plan.seed)
        for method in plan.methods:
            started = time.perf_counter()
            one = Map(method, of, reduce(method, components, plan.neighbours(len(values)), plan.seed))
            made.append(one)
            seconds = time.perf_counter() - started
            by_way = f", by way of {components.shape[1]} principal components" if method != "pca" else ""
            console.print(f"{one.title}{by_way}: {seconds:.1f} s", soft_wrap=True)
    return made, shares


def _plates(
    run: Run,
    model: JointAutoencoder,
    collection: Collection,
    images: ImageSet,
    plan: Plan,
    found: Latents,
    trained: Latents,
    made: list[Map],
    numbers: dict[str, Any],
) -> Any:
    names = collection.class_names
    yield from report_figures.of_maps(made, found, names)
    yield from report_figures.of_plane(model, found, names)
    shares = {name: np.array(values) for name, values in numbers["explained_variance"].items()}
    spoken = {**numbers}
    if "purity" in numbers:
        spoken["purity"] = {OF[of]: one for of, one in numbers["purity"].items()}
    yield from report_figures.of_numbers(spoken, shares, names)
    yield from report_figures.of_neighbours(images, found, collection, trained, plan.split)
    recipe = run.recipe
    started_elsewhere = any(phase.start_from for phase in recipe.phases)
    initial = None if started_elsewhere else build_model(recipe, collection, "float32")
    yield from report_figures.of_insides(model, initial, images.load([len(images) // 2])[0])
