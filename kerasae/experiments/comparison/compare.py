"""The verb that lays recipes side by side: the same images for all, over seeds or folds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasae.data.summary import warnings
from kerasae.experiments.comparison.candidates import Candidate, candidates
from kerasae.experiments.comparison.plan import plan
from kerasae.experiments.comparison.report import PAGE, write
from kerasae.experiments.comparison.running import run_all
from kerasae.files.locks import alone
from kerasae.files.manifest import begin
from kerasae.files.unfinished import remove_unfinished
from kerasae.recipe.loading import setting
from kerasae.runs.run import check_new
from kerasae.training import distribution
from kerasae.utils.console import stderr_console
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

COMPARISONS = Path("comparisons")
SEEDS = 3
LONGEST_NAME = 80


@dataclass(frozen=True)
class Comparison:
    """A comparison's folder, and what its comparison.json holds."""

    folder: Path
    found: dict[str, Any]

    @property
    def page(self) -> Path:
        """The page that shows it."""
        return self.folder / PAGE

    @property
    def num_failed(self) -> int:
        """How many runs failed."""
        return sum(bool(run["failed"]) for run in self.found["runs"])


def compare(
    recipes: Sequence[str],
    *,
    seeds: int | None = None,
    folds: int | None = None,
    data: str | None = None,
    overrides: Sequence[str] = (),
    to: Path | None = None,
    console: Console | None = None,
) -> Comparison:
    """Train every recipe with every seed, on every fold if there are any, and write what came of it.

    Runs that are finished already are not trained again, and interrupted ones go on where they were. A run that fails
    does not end the others.

    Args:
        recipes: names of built-in recipes, paths of .toml files, or directories of finished runs; the first one is
            the baseline of the paired tests.
        seeds: runs of each recipe, whose `seed` counts up from the recipe's own; 3, or 1 with folds, if left out.
        folds: how many stratified folds the training images are cut into, each the validation set once.
        data: a source that takes the place of every recipe's.
        overrides: `KEY=VALUE` settings for every recipe.
        to: the comparison's folder; `comparisons/NAME` if left out, named for the recipes.
        console: where progress is told; standard error if left out.

    Raises:
        RequestError: anything wrong with the request, before any run trains.
    """
    if seeds is not None and seeds < 1:
        raise RequestError("--seeds", expected="at least 1", received=seeds)
    if folds is not None and folds < 2:
        raise RequestError("--folds", expected="at least 2, to train on some and validate on another", received=folds)
    listed = candidates(recipes, [*overrides, *setting("data.source", data)])
    folder = to if to is not None else COMPARISONS / _name(listed, folds)
    if not folder.is_dir():
        check_new(folder, "--to")
    distribution.leave_gpus()  # to the runs' own processes
    planned = plan(listed, seeds or (SEEDS if folds is None else 1), folds, folder)
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder, "comparing in", "--to", ", or give another"):
        remove_unfinished(folder)
        begin(folder)
        shown = console or stderr_console()
        for line in planned.raised:
            shown.print(line, soft_wrap=True)
        for job in {(job.name, job.fold): job for job in planned.jobs}.values():
            for line in warnings(job.facts):
                shown.print(f"{job.words}: {line}", soft_wrap=True)
        failed = run_all(planned, shown)
        return Comparison(folder, write(planned, failed))


def _name(listed: Sequence[Candidate], folds: int | None) -> str:
    name = "-vs-".join(one.name for one in listed)
    if len(name) > LONGEST_NAME:
        name = f"{name[:LONGEST_NAME]}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"
    return f"{name}-{folds}-folds" if folds else name
