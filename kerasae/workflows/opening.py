"""Opening a run: its images, and its trained model with its task."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from kerasae.data.collection import Collection, open_collection
from kerasae.data.fingerprint import check_unchanged
from kerasae.data.sources import BUILTIN
from kerasae.runs.folder import RunFolder
from kerasae.tasks import Task, task_of
from kerasae.utils.console import stderr_console
from kerasae.utils.errors import RequestError

Model = TypeVar("Model")


@dataclass(frozen=True, slots=True)
class OpenedRun(Generic[Model]):
    """A finished run with its trained model.

    Attributes:
        run: the run.
        task: the task of its recipe.
        model: the trained model.
        images: the images; None where they are gone and the verb does without them.
    """

    run: RunFolder
    task: Task[Model]
    model: Model
    images: Collection | None

    @property
    def collection(self) -> Collection:
        """The images, which are there."""
        assert self.images is not None
        return self.images


def open_run(
    path: Path, source: str | None = None, *, needs_images: bool = True, task: Task[Any] | None = None
) -> OpenedRun[Any]:
    """Open a finished run with its trained model and its images.

    Args:
        path: of the run.
        source: where the images are now; None for where they were.
        needs_images: whether to refuse a run whose images are gone. Otherwise they are None, with a line that says so,
            unless the task needs them.
        task: that the model must be of; the task of the recipe if left out.

    Raises:
        RequestError: the run is not finished, its model is of another task, or its images are gone or changed.
    """
    run = RunFolder.open(path)
    task = task or task_of(run.recipe)
    model = task.load(run)
    if not (needs_images or task.needs_images) and source is None and not has_images(run):
        stderr_console().print(
            f"The images of {path} are not in {run.recipe.data.source} any more; --data says where they are.",
            soft_wrap=True,
        )
        return OpenedRun(run, task, model, None)
    return OpenedRun(run, task, model, reopen(run, source))


def reopen(run: RunFolder, source: str | None = None) -> Collection:
    """Open the images of a run again.

    Args:
        run: the run.
        source: where they are now; None for where they were.

    Raises:
        RequestError: they are gone or changed.
    """
    recipe, facts = run.recipe, run.facts
    if source is None and not has_images(run):
        raise RequestError(
            "run",
            expected=f"the images that {run.path} was made with in {recipe.data.source}",
            received="nothing there",
            fix="put them back, or say where they are: evaluate, report, explore and export take --data SOURCE",
        )
    data = recipe.data if source is None else recipe.data.model_copy(update={"source": source})
    if data.source in BUILTIN:
        data = data.model_copy(update={"range": "auto"})
    if facts.unknown is None:  # versions before `normal` learned from every class
        data = data.model_copy(update={"normal": "all"})
    collection = open_collection(data, classifies=recipe.classifies, asks=False)
    check_unchanged(facts, collection.facts, str(run.path))
    return collection


def has_images(run: RunFolder) -> bool:
    """Return whether the source of a run's images still exists; its content may have changed."""
    source = run.recipe.data.source
    return source in BUILTIN or Path(source).expanduser().exists()
