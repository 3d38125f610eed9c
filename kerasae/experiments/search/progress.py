"""The progress of a search on the terminal: finished trials, the best one, and the time left."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from kerasae.experiments.search.results import TrialResult, best_result, trial_folder
from kerasae.runs.folder import RunFolder
from kerasae.utils.formatting import duration

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console

    from kerasae.experiments.search.algorithm import SearchAlgorithm
    from kerasae.experiments.search.plan import SearchPlan

NUM_RECENT = 20  # trials by whose pace the time left is estimated


class ProgressDisplay:
    """A progress bar on a terminal, and a line for every trial that ends; a context manager.

    Args:
        plan: the search.
        algorithm: which trials are running, and the time spent.
        results: of trials that were finished before.
        console: where it is printed.
    """

    def __init__(
        self, plan: SearchPlan, algorithm: SearchAlgorithm, results: list[TrialResult], console: Console
    ) -> None:
        self.plan = plan
        self.algorithm = algorithm
        self.console = console
        self.num_finished = len(results)
        self.best = best_result(results, plan.objective)
        self.end_times: list[float] = [time.monotonic()]
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("trials"))
        self.bar = Progress(*columns, console=console, disable=not console.is_terminal)
        self.task = self.bar.add_task(plan.name, total=plan.num_trials, completed=self.num_finished)

    def __enter__(self) -> ProgressDisplay:
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.update(self.task, description=f"{self.plan.name}{self._best_score()}")
        self.bar.stop()

    def add(self, result: TrialResult) -> None:
        """Print the result of a trial that has ended."""
        self.num_finished += 1
        self.end_times.append(time.monotonic())
        known = [result] if self.best is None else [self.best, result]
        self.best = best_result(known, self.plan.objective)
        self.console.print(self._line(result), soft_wrap=True)
        self.bar.update(self.task, completed=self.num_finished)

    def refresh(self) -> None:
        """Show the epochs of the running trials."""
        if not self.console.is_terminal:
            return
        running = []
        for id in self.algorithm.running_trials:
            histories = trial_folder(self.plan.folder, id).glob("*/history.csv")
            epochs = sum(RunFolder(path.parent).finished_epochs for path in histories)
            running.append(f"{id} epoch {epochs}")
        self.bar.update(self.task, description=f"{', '.join(running) or 'waiting for workers'}{self._best_score()}")

    def _best_score(self) -> str:
        return "" if self.best is None else f", best {self.best.score:.5g}"

    def _line(self, result: TrialResult) -> str:
        if result.score is None:
            text = f"failed: {(result.reason or '').rstrip('.')}"
        else:
            text = f"{self.plan.objective.name} {result.score:.5g}"
        if result.status == "pruned":
            text += f", pruned after {result.epochs} epoch{'s' * (result.epochs != 1)}"
        if result.epochs:
            text += f", {duration(result.seconds)}"
        if self.best is not None:
            text += f"; best {self.best.score:.5g} ({self.best.id})"
        return f"trial {self.num_finished} of {self.plan.num_trials} ({result.id}): {text}{self._time_left()}"

    def _time_left(self) -> str:
        num_left = self.plan.num_trials - self.num_finished
        if num_left <= 0:
            return ""
        recent = self.end_times[-NUM_RECENT - 1 :]
        seconds = (recent[-1] - recent[0]) / (len(recent) - 1) * num_left
        if self.plan.settings.max_seconds is not None:
            seconds = min(seconds, self.plan.settings.max_seconds - self.algorithm.seconds_spent)
        return f"; {duration(seconds)} left" if seconds > 0 else ""
