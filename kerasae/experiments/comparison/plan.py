"""The plan of a comparison: its runs, checked before any of them trains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kerasae.data.collection_cache import Opener
from kerasae.data.learned_images import facts_of
from kerasae.experiments.comparison.candidates import Candidate, check_distinct
from kerasae.experiments.comparison.compatibility import (
    PreparedCandidate,
    check_heads,
    check_same_images,
    image_digests,
    share_images,
)
from kerasae.experiments.comparison.earlier_runs import as_begun, check_resumable, find_finished
from kerasae.experiments.jobs import Job, Replicate, check_seeds, replicates
from kerasae.runs.folder import RunFolder
from kerasae.training.joint import check_fit
from kerasae.workflows.begin import check, epoch_notes, resolve

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kerasae.data.collection import Collection
    from kerasae.recipe import Recipe
    from kerasae.runs.data_facts import DataFacts


@dataclass(frozen=True, eq=False)
class ComparisonJob(Job):
    """One run of a comparison.

    Attributes:
        group: the recipe's name in the comparison.
        validation: where metrics (.json) and predictions (.npz) of its validation images are; without suffix.
    """

    validation: Path

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments of `train_and_validate`."""
        return (str(self.run.path), str(self.validation))


@dataclass(frozen=True)
class ComparisonPlan:
    """All runs of a comparison.

    Attributes:
        folder: of the comparison.
        names: of the recipes; the first is the baseline.
        titles: of the recipes.
        seeds: of each recipe's runs.
        folds: number of folds; None without cross-validation.
        jobs: in the order in which they run.
        same_validation: whether all recipes have the same validation images.
        raised_epochs: a line for each phase whose epochs `min_steps` raised.
    """

    folder: Path
    names: list[str]
    titles: list[str]
    seeds: list[int]
    folds: int | None
    jobs: list[ComparisonJob]
    same_validation: bool
    raised_epochs: list[str]

    @property
    def split(self) -> str:
        """The split that is measured: validation with folds, so that choices can be made without test images."""
        return "test" if self.folds is None else "validation"

    def predictions_of(self, job: ComparisonJob) -> Path:
        """Return the file with a run's predictions for each image of that split."""
        return job.run.predictions if self.folds is None else job.validation.with_suffix(".npz")


def make_plan(candidates: Sequence[Candidate], num_seeds: int, num_folds: int | None, folder: Path) -> ComparisonPlan:
    """Plan `num_seeds` runs of every candidate, on each of `num_folds` folds if there are any; write nothing.

    Raises:
        RequestError: a recipe that cannot be trained, no common head, test images other than the first recipe's, or a
            run in the folder that was begun in another way.
    """
    check_heads(candidates)
    for candidate in candidates:
        check(candidate.recipe)
    first_seed = candidates[0].recipe.seed
    check_seeds(first_seed, num_seeds, "--seeds")
    by_fold: dict[int | None, list[Replicate]] = {}
    for replicate in replicates(first_seed, num_seeds, num_folds):
        by_fold.setdefault(replicate.fold, []).append(replicate)
    opener = Opener(asks=not (folder / "runs").is_dir())
    shared = share_images(candidates)
    jobs: list[ComparisonJob] = []
    raised_epochs: list[str] = []
    same_validation = True
    for fold, fold_replicates in by_fold.items():
        prepared: list[PreparedCandidate] = []
        for candidate in candidates:
            recipe = fold_replicates[0].applied(as_begun(candidate.recipe, folder / "runs" / candidate.name))
            collection = opener(recipe)
            resolved = resolve(recipe, collection)
            facts = facts_of(resolved, collection)
            jobs += _checked_jobs(candidate, fold_replicates, resolved, facts, collection, folder)
            title = candidate.name if fold is None else f"{candidate.name}, fold {fold}"
            raised_epochs += [f"{title}: {line}" for line in epoch_notes(recipe, resolved)]
            prepared.append(PreparedCandidate(candidate.name, resolved, facts, image_digests(collection, shared)))
            check_same_images(prepared[0], prepared[-1], "test")
            if fold is not None:
                check_same_images(prepared[0], prepared[-1], "validation")
        check_distinct([each.name for each in prepared], [each.recipe for each in prepared])
        same_validation &= len({each.digests["validation"] for each in prepared}) == 1
    # A seed of every recipe before the next seed: if the comparison is stopped, what is finished can be compared.
    jobs.sort(key=lambda job: (job.replicate.seed, job.replicate.fold or 0))
    return ComparisonPlan(
        folder=folder,
        names=[candidate.name for candidate in candidates],
        titles=[candidate.recipe.title for candidate in candidates],
        seeds=list(range(first_seed, first_seed + num_seeds)),
        folds=num_folds,
        jobs=jobs,
        same_validation=same_validation,
        raised_epochs=raised_epochs,
    )


def _checked_jobs(
    candidate: Candidate,
    fold_replicates: Sequence[Replicate],
    resolved: Recipe,
    facts: DataFacts,
    collection: Collection,
    folder: Path,
) -> list[ComparisonJob]:
    """Return a candidate's jobs on one fold, after checking that each can be begun or resumed."""
    jobs = [_job(candidate, replicate, resolved, facts, folder) for replicate in fold_replicates]
    for job in jobs:
        check_resumable(job)
    if not all(job.is_begun for job in jobs):
        check_fit(resolved, collection)
    return jobs


def _job(candidate: Candidate, replicate: Replicate, resolved: Recipe, facts: DataFacts, folder: Path) -> ComparisonJob:
    """Return the job of a candidate's replicate, with a finished run from elsewhere if there is one."""
    recipe = replicate.applied(resolved)
    run = RunFolder(folder / "runs" / candidate.name / replicate.name)
    if candidate.run is not None and candidate.run.recipe.bare == recipe.bare:
        run = candidate.run
    elif not run.path.is_dir():
        run = find_finished(folder, replicate.name, recipe, facts) or run
    validation = folder / "validation" / candidate.name / replicate.name
    return ComparisonJob(candidate.name, replicate, recipe, run, facts, validation)
