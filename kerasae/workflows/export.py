"""The verb `export`: write the SavedModel of a run."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from kerasae.runs.folder import RunFolder, check_new
from kerasae.workflows.opening import open_run

if TYPE_CHECKING:
    from pathlib import Path


def export(path: Path, *, to: Path | None = None, data: str | None = None) -> Path:
    """Write the SavedModel of a run, check it in a fresh process, and return its path.

    Args:
        path: of the run.
        to: the directory to create; None for RUN/export, which is replaced.
        data: where the images are now; None for where they were.

    Raises:
        RequestError: the run is not finished, its images have changed, `to` exists, or another process is writing to
            the run.
        ExportError: a fresh process could not load the SavedModel or disagreed.
    """
    if to is not None:
        check_new(to, "--to")
    run = RunFolder.open(path)
    with run.alone("exporting") if to is None else contextlib.nullcontext():
        opened = open_run(path, data, needs_images=False)
        return opened.task.export(opened.run, opened.model, opened.images, to)
