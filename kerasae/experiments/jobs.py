"""Training runs as jobs: seeds and folds, beginning and resuming, and runners that train here or in another process."""

from __future__ import annotations

import contextlib
import itertools
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from kerasae.files.reading import check as check_file
from kerasae.files.unfinished import remove_unfinished
from kerasae.recipe import SEEDS
from kerasae.recipe.plugins import inherited
from kerasae.utils.errors import RequestError
from kerasae.utils.processes import ChildProcess, failure_line
from kerasae.workflows.begin import begin

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kerasae.recipe import Recipe
    from kerasae.runs.data_facts import DataFacts
    from kerasae.runs.folder import RunFolder

POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Replicate:
    """One of several trainings of a recipe: its seed and, in cross-validation, its validation fold.

    Attributes:
        seed: the recipe's `seed`.
        fold: index of the fold to validate on, in [0, `num_folds`); None without cross-validation.
        num_folds: how many folds the training images are divided into; None without cross-validation.
    """

    seed: int
    fold: int | None = None
    num_folds: int | None = None

    @property
    def name(self) -> str:
        """The name of its run directory, such as "seed-0" or "fold-2-seed-0"."""
        return f"seed-{self.seed}" if self.fold is None else f"fold-{self.fold}-seed-{self.seed}"

    @property
    def title(self) -> str:
        """Its name in messages and tables, such as "seed 0" or "fold 2, seed 0"."""
        return f"seed {self.seed}" if self.fold is None else f"fold {self.fold}, seed {self.seed}"

    def applied(self, recipe: Recipe) -> Recipe:
        """Return a recipe with this seed and, in cross-validation, this fold."""
        changes: dict[str, Any] = {"seed": self.seed}
        if self.fold is not None:
            changes["data"] = recipe.data.model_copy(update={"fold": [self.fold, self.num_folds]})
        return recipe.model_copy(update=changes)


def replicates(first_seed: int, num_seeds: int, num_folds: int | None = None) -> list[Replicate]:
    """Return the grid of seeds and folds: every seed on every fold, all folds of a seed before the next seed."""
    seeds = range(first_seed, first_seed + num_seeds)
    folds = [None] if num_folds is None else range(num_folds)
    return [Replicate(seed, fold, num_folds) for seed, fold in itertools.product(seeds, folds)]


def is_replicate_name(name: str) -> bool:
    """Return whether `Replicate.name` gives such names."""
    return re.fullmatch(r"(fold-\d+-)?seed-\d+", name) is not None


def check_seeds(first_seed: int, num_seeds: int, option: str) -> None:
    """Refuse more seeds than a recipe accepts.

    Raises:
        RequestError: begins with `option`, which set how many there are.
    """
    if first_seed + num_seeds > SEEDS:
        raise RequestError(
            option,
            expected=f"seeds below {SEEDS}, counted from the recipe's",
            received=f"{num_seeds} from {first_seed}",
            fix="set seed lower",
        )


@dataclass(frozen=True, eq=False)
class Job:
    """One training run to carry out.

    Attributes:
        group: what the run belongs to: the name of a recipe, or the id of a trial.
        replicate: its seed and fold.
        recipe: the resolved recipe, with that seed and fold.
        run: the run directory, which may not exist yet.
        facts: what is known about the images, see `data.learned_images.facts_of`.
    """

    group: str
    replicate: Replicate
    recipe: Recipe
    run: RunFolder
    facts: DataFacts

    @property
    def title(self) -> str:
        """Its name in messages."""
        return f"{self.group}, {self.replicate.title}"

    @property
    def epochs(self) -> int:
        """The maximum number of epochs it trains."""
        return sum(phase.epochs for phase in self.recipe.phases)

    @property
    def is_begun(self) -> bool:
        """Whether the run directory holds a run, begun or finished."""
        return self.run.recipe_file.is_file()

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments of the function that a runner calls for it."""
        return (str(self.run.path),)

    def begin_or_resume(self, parent: RunFolder | None = None) -> None:
        """Begin the run; or, if it is begun already, remove the unfinished files of killed processes from it.

        Args:
            parent: a run whose checkpoints and history a new run starts with.

        Raises:
            RequestError: a file of the parent is missing, changed or damaged.
        """
        if self.is_begun:
            remove_unfinished(self.run.path)
            return
        if parent is not None:
            self._copy_progress(parent)
        self.run.path.mkdir(parents=True, exist_ok=True)
        begin(self.run, self.recipe, self.facts)

    def _copy_progress(self, parent: RunFolder) -> None:
        remove_checkpoints(self.run)  # a process may have been killed while it copied them
        self.run.history.unlink(missing_ok=True)
        for path in (parent.history, *parent.checkpoints.glob("*.npz")):
            check_file(path)
        self.run.path.mkdir(parents=True, exist_ok=True)
        shutil.copytree(parent.checkpoints, self.run.checkpoints, dirs_exist_ok=True)
        shutil.copy(parent.history, self.run.history)


def remove_checkpoints(run: RunFolder) -> None:
    """Remove the checkpoints of a run, and their folder unless it holds other files."""
    for name in ("last.npz", "best.npz"):
        (run.checkpoints / name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # missing, or not empty
        run.checkpoints.rmdir()


class Runner(Protocol):
    """Where jobs are carried out."""

    def run(self, job: Job, on_progress: Callable[[int], object] = ...) -> str | None:
        """Begin or resume a job and carry it out.

        Args:
            job: the job.
            on_progress: called now and then with the number of epochs that the run has finished.

        Returns:
            Why the job failed, in one line; None if it succeeded.
        """
        ...


def _ignore(epochs: int) -> None:
    pass


@dataclass(frozen=True)
class InlineRunner:
    """Carries out jobs in this process.

    Attributes:
        work: is called with a job's `arguments`.
    """

    work: Callable[..., int | None]

    def run(self, job: Job, on_progress: Callable[[int], object] = _ignore) -> str | None:
        """See `Runner.run`; progress is reported once, at the end."""
        job.begin_or_resume()
        try:
            code = self.work(*job.arguments)
        except Exception as error:
            return failure_line(error)
        on_progress(job.run.finished_epochs)
        return f"exit code {code}" if code else None


@dataclass(frozen=True)
class ProcessRunner:
    """Carries out each job in a process of its own.

    Memory stays flat over many jobs, each has its own TensorFlow, and a crash ends only one. The processes end with
    this one.

    Attributes:
        work: is called with a job's `arguments`; see `ChildProcess` for what it may be.
        logs: folder of the processes' output.
    """

    work: Callable[..., int | None]
    logs: Path

    def log(self, job: Job) -> Path:
        """Return the file that a job's output is appended to."""
        return self.logs / job.group / f"{job.replicate.name}.txt"

    def run(self, job: Job, on_progress: Callable[[int], object] = _ignore) -> str | None:
        """See `Runner.run`."""
        job.begin_or_resume()
        with ChildProcess(self.work, job.arguments, self.log(job), inherited()) as process:
            while (code := process.wait(POLL_SECONDS)) is None:
                on_progress(job.run.finished_epochs)
            return process.failure(code)
