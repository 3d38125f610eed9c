"""The runs of a comparison, one after the other, each in a process of its own, under a display of how far they are."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from kerasae.experiments.comparison.worker import is_done
from kerasae.recipe.plugins import inherited
from kerasae.utils.formatting import duration
from kerasae.utils.processes import reason
from kerasae.workflows.begin import begin

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rich.console import Console

    from kerasae.experiments.comparison.plan import Job, Plan

POLL_SECONDS = 0.5


def run_all(plan: Plan, console: Console) -> dict[Job, str]:
    """Do what is not done yet of every run.

    Returns:
        Why runs failed, by run; those that are not in it are finished.
    """
    left = [job for job in plan.jobs if not is_done(job.run, job.judgement)]
    reused = len(plan.jobs) - len(left)
    if reused:
        console.print(f"{reused} of {len(plan.jobs)} runs are finished already", soft_wrap=True)
    failed: dict[Job, str] = {}
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("epochs"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal, speed_estimate_period=600) as progress:
        task = progress.add_task("", total=sum(job.epochs for job in left))
        before = 0
        for number, job in enumerate(left, reused + 1):
            place = f"run {number} of {len(plan.jobs)}: {job.words}"
            progress.update(task, description=escape(place), completed=before)
            started = time.perf_counter()
            failure = _run(job, plan.folder, partial(_tell, progress, task, before))
            took = duration(time.perf_counter() - started)
            if failure:
                failed[job] = failure
            console.print(f"{place}: {f'failed: {failure}' if failure else f'done in {took}'}", soft_wrap=True)
            before += job.epochs
        progress.update(task, description="all runs", completed=before)
    return failed


def _tell(progress: Progress, task: TaskID, before: int, done: int) -> None:
    progress.update(task, completed=before + done)


def log_of(job: Job, folder: Path) -> Path:
    """Return where a run's own words go."""
    return folder / "logs" / job.name / f"{job.judgement.name}.txt"


def _run(job: Job, folder: Path, tell: Callable[[int], object]) -> str | None:
    """Begin or go on with one run; return why it failed, if it did."""
    if not job.run.recipe_file.is_file():
        job.run.path.mkdir(parents=True, exist_ok=True)
        begin(job.run, job.recipe, job.facts)
    log = log_of(job, folder)
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "kerasae.experiments.comparison.worker", str(job.run.path), str(job.judgement)]
    # The worker ends when its standard input does: a comparison that is killed leaves no run behind that goes on.
    with (
        log.open("ab") as file,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=file, stderr=subprocess.STDOUT, env=os.environ | inherited()
        ) as worker,
    ):
        try:
            while True:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    code = worker.wait(POLL_SECONDS)
                    break
                tell(job.run.finished_epochs)
        finally:
            worker.kill()
    return reason(code, log) if code else None
