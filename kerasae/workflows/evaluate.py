"""The verb `evaluate`: evaluate a run on its test images, or on OOD data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kerasae.ood import OodMeasurement, open_all, write_ood_reports
from kerasae.runs.folder import RunFolder
from kerasae.tasks import JointTask
from kerasae.training.rejection import with_rejection
from kerasae.utils.console import stderr_console
from kerasae.workflows.opening import open_run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The results of an evaluation.

    Attributes:
        run: whose metrics.json and report.html are written.
        ood: by OOD source, its measurement.
        pages: the page of each OOD source that was asked for.
    """

    run: RunFolder
    ood: Mapping[str, OodMeasurement]
    pages: tuple[Path, ...] = ()


def evaluate(path: Path, *, data: str | None = None) -> Evaluation:
    """Evaluate a run on its test images again, and write its report.

    Args:
        path: of the run.
        data: where the images are now; None for where they were.

    Raises:
        RequestError: the run is not finished, its images are gone or changed, or another process is writing to it.
    """
    with RunFolder.open(path).alone("evaluating"):
        opened = open_run(path, data)
        run, task, model, collection = opened.run, opened.task, opened.model, opened.collection
        ood = task.measure_ood(run, model, collection)
        task.evaluate(run, model, collection)
        task.report(run, model, collection)
        return Evaluation(run, ood)


def evaluate_ood(path: Path, sources: Sequence[str], *, data: str | None = None) -> Evaluation:
    """Measure how well a run rejects OOD data, into folders below RUN/unknown.

    A run without a rejection is given one.

    Args:
        path: of the run.
        sources: sources of images, or transforms of the test images.
        data: where the images of the run are now; None for where they were.

    Raises:
        RequestError: as `evaluate`, a source does not exist, or there are too few validation images for a rejection.
    """
    with RunFolder.open(path).alone("evaluating"):
        opened = open_run(path, data, task=JointTask())
        run, model, collection = opened.run, opened.model, opened.collection
        recipe = run.recipe
        if data is not None:  # the classes that were left out are there, too
            recipe = recipe.model_copy(update={"data": recipe.data.model_copy(update={"source": data})})
        ood_sets = open_all(sources, recipe, collection, run.path / "unknown")
        if model.rejection is None:
            model = with_rejection(run, run.recipe, model.model, collection, refuses=True)
            stderr_console().print(
                f"{path} has a rejection now; its report and its export have it after: kerasae evaluate {path} and "
                f"kerasae export {path}",
                soft_wrap=True,
            )
        ood = write_ood_reports(run, model, collection, ood_sets)
        pages = (run.path / "unknown" / ood_set.name / "unknown.html" for ood_set in ood_sets)
        return Evaluation(run, ood, tuple(pages))
