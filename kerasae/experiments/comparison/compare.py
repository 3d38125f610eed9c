"""The verb that compares recipes on the same images, over seeds or folds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kerasae.data.summary import warnings
from kerasae.experiments.comparison.analysis import analyze
from kerasae.experiments.comparison.candidates import Candidate, read_candidates
from kerasae.experiments.comparison.plan import make_plan
from kerasae.experiments.comparison.report import PAGE, write_report
from kerasae.experiments.comparison.running import run_all
from kerasae.experiments.comparison.train_and_validate import train_and_validate
from kerasae.experiments.jobs import ProcessRunner
from kerasae.files.locks import alone
from kerasae.files.manifest import begin
from kerasae.files.unfinished import remove_unfinished
from kerasae.recipe.loading import setting
from kerasae.runs.folder import check_new
from kerasae.training import distribution
from kerasae.utils.console import stderr_console
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from kerasae.experiments.comparison.result import ComparisonResult
    from kerasae.experiments.jobs import Runner

COMPARISONS = Path("comparisons")
DEFAULT_SEEDS = 3
LONGEST_NAME = 80


@dataclass(frozen=True)
class Comparison:
    """A comparison.

    Attributes:
        folder: holds its files.
        result: its numbers.
    """

    folder: Path
    result: ComparisonResult

    @property
    def page(self) -> Path:
        """The page that shows it."""
        return self.folder / PAGE

    @property
    def num_failed(self) -> int:
        """How many runs failed."""
        return len(self.result.failed_runs)


def compare(
    recipes: Sequence[str],
    *,
    seeds: int | None = None,
    folds: int | None = None,
    data: str | None = None,
    overrides: Sequence[str] = (),
    to: Path | None = None,
    console: Console | None = None,
    runner: Runner | None = None,
) -> Comparison:
    """Train every recipe with every seed, on every fold if there are any, and write tables, tests and a page.

    Finished runs are reused and interrupted runs are resumed. A run that fails does not stop the others.

    Args:
        recipes: names of built-in recipes, paths of .toml files, or directories of finished runs; the first is the
            baseline of the paired tests.
        seeds: number of runs of each recipe, whose `seed` counts up from the recipe's own; 3 by default, or 1 with
            folds.
        folds: number of stratified folds that the training images are divided into; each is the validation set once.
        data: the source of the images, instead of the recipes' own.
        overrides: `KEY=VALUE` settings for every recipe.
        to: the comparison's folder; `comparisons/NAME` by default, named for the recipes.
        console: where progress is displayed; standard error by default.
        runner: where runs are trained; by default in a process each.

    Raises:
        RequestError: anything wrong with the request, before any run trains.
    """
    if seeds is not None and seeds < 1:
        raise RequestError("--seeds", expected="at least 1", received=seeds)
    if folds is not None and folds < 2:
        raise RequestError("--folds", expected="at least 2, to train on some and validate on another", received=folds)
    candidates = read_candidates(recipes, [*overrides, *setting("data.source", data)])
    folder = to if to is not None else COMPARISONS / _name(candidates, folds)
    if not folder.is_dir():
        check_new(folder, "--to")
    distribution.leave_gpus()  # to the processes of the runs
    plan = make_plan(candidates, seeds or (DEFAULT_SEEDS if folds is None else 1), folds, folder)
    folder.mkdir(parents=True, exist_ok=True)
    console = console or stderr_console()
    runner = runner or ProcessRunner(train_and_validate, folder / "logs")
    with alone(folder, "comparing in", "--to", ", or give another"):
        remove_unfinished(folder)
        begin(folder)
        for line in plan.raised_epochs:
            console.print(line, soft_wrap=True)
        for job in {(job.group, job.replicate.fold): job for job in plan.jobs}.values():
            for line in warnings(job.facts):
                console.print(f"{job.title}: {line}", soft_wrap=True)
        failures = run_all(plan, runner, console)
        result = analyze(plan, failures)
        write_report(plan, result, failures)
        return Comparison(folder, result)


def _name(candidates: Sequence[Candidate], folds: int | None) -> str:
    name = "-vs-".join(candidate.name for candidate in candidates)
    if len(name) > LONGEST_NAME:
        name = f"{name[:LONGEST_NAME]}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"
    return f"{name}-{folds}-folds" if folds else name
