"""Jobs: the grid of seeds and folds, and the runners. Beginning and resuming are tested by comparisons and searches."""

import os
from pathlib import Path

import pytest

from kerasae.experiments.jobs import (
    InlineRunner,
    Job,
    ProcessRunner,
    Replicate,
    Runner,
    check_seeds,
    is_replicate_name,
    replicates,
)
from kerasae.recipe.loading import load
from kerasae.runs.folder import RunFolder
from kerasae.utils.errors import RequestError


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A begun job."""
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    run.recipe_file.touch()
    return Job("joint", Replicate(3), load("joint"), run, {})


def test_the_grid_has_every_seed_on_every_fold() -> None:
    assert [each.name for each in replicates(7, 2)] == ["seed-7", "seed-8"]
    grid = replicates(0, 2, 3)
    assert [each.name for each in grid] == [f"fold-{fold}-seed-{seed}" for seed in (0, 1) for fold in range(3)]
    assert all(is_replicate_name(each.name) for each in (*grid, Replicate(4)))
    assert not any(is_replicate_name(name) for name in ("seed-0-copy", "trial.json", "fold-1"))
    assert [each.title for each in (grid[1], Replicate(4))] == ["fold 1, seed 0", "seed 4"]


def test_a_replicate_sets_seed_and_fold() -> None:
    recipe = load("joint")
    assert Replicate(4).applied(recipe) == recipe.model_copy(update={"seed": 4})
    folded = Replicate(4, 1, 3).applied(recipe)
    assert (folded.seed, folded.data.fold) == (4, [1, 3])
    assert folded.data.model_copy(update={"fold": recipe.data.fold}) == recipe.data


def test_there_are_no_more_seeds_than_a_recipe_takes() -> None:
    check_seeds(2**32 - 2, 2, "--seeds")
    with pytest.raises(RequestError, match=r"--seeds: expected seeds below 4294967296.*Received: 3 from 4294967294"):
        check_seeds(2**32 - 2, 3, "--seeds")


def test_a_job_is_named_for_its_group_and_replicate(job: Job) -> None:
    assert job.title == "joint, seed 3"
    assert job.arguments == (str(job.run.path),)
    assert job.epochs == sum(phase.epochs for phase in job.recipe.phases)


@pytest.mark.parametrize("where", ["inline", "process"])
def test_a_runner_returns_why_a_job_failed(where: str, job: Job, tmp_path: Path) -> None:
    def runner(work: object) -> Runner:
        return InlineRunner(work) if where == "inline" else ProcessRunner(work, tmp_path / "logs")

    assert runner(os.utime).run(job) is None
    failure = runner(os.mkdir).run(job)
    assert failure is not None
    assert failure.startswith("FileExistsError: [Errno 17] File exists")
    if where == "process":
        assert failure.endswith(f"; see {tmp_path / 'logs/joint/seed-3.txt'}")


def test_a_new_job_with_a_damaged_parent_is_not_begun(job: Job, tmp_path: Path) -> None:
    new = Job("joint", Replicate(3), job.recipe, RunFolder(tmp_path / "new"), {})
    with pytest.raises(RequestError, match=r"expected history\.csv in .* no such file"):
        new.begin_or_resume(job.run)
    assert not new.is_begun
