"""The verb `explore`: the latent space of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kerasae import exploration
from kerasae.data.image_inputs import read_each
from kerasae.data.value_range import setting
from kerasae.report import write_report
from kerasae.runs.folder import RunFolder
from kerasae.tasks import JointTask
from kerasae.utils.console import stderr_console
from kerasae.workflows.opening import open_run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kerasae.exploration import ExplorationOptions
    from kerasae.exploration.nearest_images import NearestImages


@dataclass(frozen=True, slots=True)
class NearestToFiles:
    """The training images that are nearest to images in files.

    Attributes:
        paths: of the files.
        nearest: their nearest training images, in the same order.
        class_names: of the run.
    """

    paths: tuple[Path, ...]
    nearest: NearestImages
    class_names: tuple[str, ...]


def explore(path: Path, options: ExplorationOptions, *, data: str | None = None) -> Path:
    """Explore the latent space of a run, into RUN/explore, and return the path of the page.

    A report that exists is written again, because it shows some of the figures.

    Args:
        path: of the run.
        options: which images and maps.
        data: where the images are now; None for where they were.

    Raises:
        RequestError: the run is not finished or is of a generator, its images are gone or changed, the options do not
            fit them, or another process is writing to the run.
    """
    with RunFolder.open(path).alone("exploring"):
        opened = open_run(path, data, task=JointTask())
        run, model, collection = opened.run, opened.model, opened.collection
        page = exploration.write_exploration(run, model.model, collection, options, console=stderr_console())
        if run.metrics.is_file():
            write_report(run, model.model, collection)
        return page


def find_nearest(path: Path, images: Sequence[Path], *, data: str | None = None) -> NearestToFiles:
    """Find the training images of a run that are nearest to some images in the latent space.

    Args:
        path: of the run.
        images: paths of images.
        data: where the images of the run are now; None for where they were.

    Raises:
        RequestError: as `explore`, or an image cannot be read.
    """
    with RunFolder.open(path).alone("exploring"):
        opened = open_run(path, data, task=JointTask())
        run, model, collection = opened.run, opened.model, opened.collection
        recipe = run.recipe.data
        inputs = list(
            read_each(images, collection.image_shape, recipe.resize, "--near", stderr_console(), setting(recipe.range))
        )
        named = [(str(image_path), image) for image_path, image in inputs]
        nearest = exploration.write_nearest_images(run, model.model, collection, named)
        return NearestToFiles(tuple(image_path for image_path, _ in inputs), nearest, collection.class_names)
