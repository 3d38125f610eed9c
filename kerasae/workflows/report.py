"""The verb `report`: draw the figures of a run and write its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kerasae.runs.folder import RunFolder
from kerasae.workflows.opening import open_run

if TYPE_CHECKING:
    from pathlib import Path


def report(path: Path, *, data: str | None = None) -> Path:
    """Write the report of a run again, and return the path of the page.

    Where the images are gone, figures of them are kept as they are.

    Args:
        path: of the run.
        data: where the images are now; None for where they were.

    Raises:
        RequestError: the run is not finished or not evaluated, its images have changed, or another process is writing
            to it.
    """
    with RunFolder.open(path).alone("drawing the report of"):
        opened = open_run(path, data, needs_images=False)
        return opened.task.report(opened.run, opened.model, opened.images)
