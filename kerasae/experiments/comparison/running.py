"""Runs the jobs of a comparison one after the other, and displays their progress."""

from __future__ import annotations

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

from kerasae.experiments.comparison.train_and_validate import is_finished
from kerasae.utils.formatting import duration

if TYPE_CHECKING:
    from rich.console import Console

    from kerasae.experiments.comparison.plan import ComparisonJob, ComparisonPlan
    from kerasae.experiments.jobs import Runner


def run_all(plan: ComparisonPlan, runner: Runner, console: Console) -> dict[ComparisonJob, str]:
    """Carry out every job of a plan that is not finished.

    Args:
        plan: the comparison.
        runner: where the jobs are carried out.
        console: where progress is displayed.

    Returns:
        Why jobs failed; the jobs that are not in it are finished.
    """
    unfinished = [job for job in plan.jobs if not is_finished(job.run, job.validation)]
    num_finished = len(plan.jobs) - len(unfinished)
    if num_finished:
        console.print(f"{num_finished} of {len(plan.jobs)} runs are finished already", soft_wrap=True)
    failures: dict[ComparisonJob, str] = {}
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
        task = progress.add_task("", total=sum(job.epochs for job in unfinished))
        epochs_before = 0
        for number, job in enumerate(unfinished, num_finished + 1):
            title = f"run {number} of {len(plan.jobs)}: {job.title}"
            progress.update(task, description=escape(title), completed=epochs_before)
            started = time.perf_counter()
            failure = runner.run(job, partial(_show_progress, progress, task, epochs_before))
            if failure is None:
                status = f"done in {duration(time.perf_counter() - started)}"
            else:
                failures[job], status = failure, f"failed: {failure}"
            console.print(f"{title}: {status}", soft_wrap=True)
            epochs_before += job.epochs
        progress.update(task, description="all runs", completed=epochs_before)
    return failures


def _show_progress(progress: Progress, task: TaskID, epochs_before: int, finished_epochs: int) -> None:
    progress.update(task, completed=epochs_before + finished_epochs)
