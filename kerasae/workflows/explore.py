"""The verb `explore`: the latent space of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kerasae import exploration
from kerasae.data.image_inputs import read_each
from kerasae.data.value_range import setting
from kerasae.report import write_report
from kerasae.runs.run import Run
from kerasae.tasks import JointTask
from kerasae.utils.console import stderr_console
from kerasae.workflows.opening import open_run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kerasae.exploration import Neighbour, Plan
    from kerasae.exploration.latents import Latents


@dataclass(frozen=True, slots=True)
class NearestImages:
    """The training images that are nearest to some images.

    Attributes:
        paths: of the images.
        neighbours: of each image.
        known: the latents of the training images.
        class_names: of the run.
        figure: the path of a figure.
    """

    paths: tuple[Path, ...]
    neighbours: Sequence[Sequence[Neighbour]]
    known: Latents
    class_names: tuple[str, ...]
    figure: Path


def explore(path: Path, plan: Plan, *, data: str | None = None) -> Path:
    """Explore the latent space of a run, into RUN/explore, and return the path of the page.

    A report that exists is written again, because it shows some of the figures.

    Args:
        path: of the run.
        plan: which images and maps.
        data: where the images are now; None for where they were.

    Raises:
        RequestError: the run is not finished or is of a generator, its images are gone or changed, the plan does not
            fit them, or another process is writing to the run.
    """
    with Run.open(path).alone("exploring"):
        opened = open_run(path, data, task=JointTask())
        run, model, collection = opened.run, opened.model, opened.collection
        page = exploration.write_exploration(run, model.model, collection, plan, console=stderr_console())
        if run.metrics.is_file():
            write_report(run, model.model, collection)
        return page


def find_nearest(path: Path, images: Sequence[Path], *, data: str | None = None) -> NearestImages:
    """Find the training images of a run that are nearest to some images in the latent space.

    Args:
        path: of the run.
        images: paths of images.
        data: where the images of the run are now; None for where they were.

    Raises:
        RequestError: as `explore`, or an image cannot be read.
    """
    with Run.open(path).alone("exploring"):
        opened = open_run(path, data, task=JointTask())
        run, model, collection = opened.run, opened.model, opened.collection
        recipe = run.recipe.data
        inputs = list(
            read_each(images, collection.image_shape, recipe.resize, "--near", stderr_console(), setting(recipe.range))
        )
        named = [(str(image_path), image) for image_path, image in inputs]
        neighbours, known, figure = exploration.nearest(run, model.model, collection, named)
        paths = tuple(image_path for image_path, _ in inputs)
        return NearestImages(paths, neighbours, known, collection.class_names, figure)
