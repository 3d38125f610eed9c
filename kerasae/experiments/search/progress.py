"""What a person sees of a search under way: trial n of N, the best so far, the time left."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from kerasae.experiments.search.outcome import Outcome, trial_folder
from kerasae.runs.run import Run
from kerasae.utils.formatting import duration

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console

    from kerasae.experiments.search.kerastuner.oracles import Oracle
    from kerasae.experiments.search.plan import Search

SPEEDS = 20  # trials by whose pace the time left is told


class Display:
    """A bar on a terminal, and a line for every trial that ends; to be used in a `with`."""

    def __init__(self, search: Search, oracle: Oracle, known: list[Outcome], console: Console) -> None:
        self.search = search
        self.oracle = oracle
        self.console = console
        self.done = len(known)
        self.best = best_of(search, known)
        self.begun = time.monotonic()
        self.ends: list[float] = [self.begun]
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("trials"))
        self.bar = Progress(*columns, console=console, disable=not console.is_terminal)
        self.task = self.bar.add_task(search.name, total=search.num_trials, completed=self.done)

    def __enter__(self) -> Display:
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        best = "" if self.best is None else f", best {self.best.score:.5g}"
        self.bar.update(self.task, description=f"{self.search.name}{best}")
        self.bar.stop()

    def ended(self, outcome: Outcome) -> None:
        """Say what came of a trial."""
        self.done += 1
        self.ends.append(time.monotonic())
        if outcome.status == "completed" and outcome.score is not None:
            better = self.best is None or self.search.objective.better(outcome.score, self.best.score or 0.0)
            self.best = outcome if better else self.best
        self.console.print(self._line(outcome), soft_wrap=True)
        self.bar.update(self.task, completed=self.done)

    def beat(self) -> None:
        """Show how far the trials under way have come."""
        if not self.console.is_terminal:
            return
        under_way = []
        for id in sorted(trial.trial_id for trial in list(self.oracle.ongoing_trials.values())):
            runs = trial_folder(self.search.folder, id).glob("*/history.csv")
            epochs = sum(Run(path.parent).finished_epochs for path in runs)
            under_way.append(f"{id} epoch {epochs}")
        best = "" if self.best is None else f", best {self.best.score:.5g}"
        self.bar.update(self.task, description=f"{', '.join(under_way) or 'waiting for workers'}{best}")

    def _line(self, outcome: Outcome) -> str:
        name = self.search.objective.name
        what = (
            f"{name} {outcome.score:.5g}"
            if outcome.score is not None
            else f"failed: {(outcome.reason or '').rstrip('.')}"
        )
        if outcome.status == "pruned":
            what += f", pruned after {outcome.epochs} epoch{'s' * (outcome.epochs != 1)}"
        best = "" if self.best is None else f"; best {self.best.score:.5g} ({self.best.id})"
        return (
            f"trial {self.done} of {self.search.num_trials} ({outcome.id}): {what}"
            f"{f', {duration(outcome.seconds)}' if outcome.epochs else ''}{best}{self._left()}"
        )

    def _left(self) -> str:
        left = self.search.num_trials - self.done
        if left <= 0:
            return ""
        recent = self.ends[-SPEEDS - 1 :]
        pace = (recent[-1] - recent[0]) / (len(recent) - 1)
        seconds = pace * left
        if self.search.settings.max_seconds is not None:
            seconds = min(seconds, self.search.settings.max_seconds - self.oracle.seconds_spent)
        return f"; {duration(seconds)} left" if seconds > 0 else ""


def best_of(search: Search, found: list[Outcome]) -> Outcome | None:
    """Return the best trial that was trained as far as it was to be, the first of equal ones; None if there is none."""
    best = None
    for one in found:
        if one.status == "completed" and one.score is not None:
            best = one if best is None or search.objective.better(one.score, best.score or 0.0) else best
    return best
