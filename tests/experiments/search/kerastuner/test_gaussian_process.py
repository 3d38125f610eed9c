"""What the Bayesian search believes, and that it finds what random draws do not."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from kerasae.experiments.search.kerastuner.bayesian import UPPER_BOUND
from kerasae.experiments.search.kerastuner.gaussian_process import expected_improvement, fit_process
from kerasae.experiments.search.kerastuner.hyperparameters import from_unit_cube, hyperparameters, to_unit_cube
from kerasae.experiments.search.kerastuner.oracles import make_oracle
from kerasae.experiments.search.objective import objective_of
from kerasae.experiments.search.results import TrialResult
from kerasae.experiments.search.space import Space
from kerasae.recipe.loading import load

RANDOM = np.random.default_rng(0)
X = RANDOM.uniform(size=(60, 3))
TRUTH = 4 * (X[:, 0] - 0.4) ** 2


def test_the_process_sees_through_noise_and_past_what_does_not_matter() -> None:
    process = fit_process(X, TRUTH + RANDOM.normal(0.0, 0.1, 60), 0)
    where = RANDOM.uniform(size=(200, 3))
    mean, deviation = process.predict(where, return_std=True)
    assert np.abs(mean - 4 * (where[:, 0] - 0.4) ** 2).mean() < 0.06
    assert deviation.mean() < 0.1  # of the mean, less than that of one trial
    matters, *others = process.kernel_.k2.length_scale
    assert matters < min(others)


def test_expected_improvement_is_that_of_draws() -> None:
    process = fit_process(X, TRUTH, 0)
    where = RANDOM.uniform(size=(20, 3))
    mean, deviation = process.predict(where, return_std=True)
    draws = mean + deviation * RANDOM.normal(size=(100_000, 20))
    gains = np.maximum(process.predict(X).min() - draws, 0).mean(axis=0)
    np.testing.assert_allclose(expected_improvement(process, X, where), gains, atol=0.02 * deviation.max())


def test_points_keep_to_their_ranges_and_apart(tmp_path: Path) -> None:
    recipe = load("joint", ["""search.space={
        "model.dropout" = { range = [0.0, 0.5], step = 0.1 },
        "phases.0.batch_size" = { range = [4, 64], log = true }
    }""".replace("\n", " "), 'search.algorithm="bayesian"'])  # fmt: skip
    assert recipe.search is not None
    assert recipe.search.space is not None
    space = hyperparameters(Space(recipe.search.space))
    top = from_unit_cube(space, np.full(2, UPPER_BOUND))
    assert (top["model.dropout"], top["phases.0.batch_size"]) == (pytest.approx(0.5), 64)
    steps = [to_unit_cube(space, {**top, "model.dropout": 0.1 * step})[0] for step in range(6)]
    assert steps == pytest.approx(np.arange(0.5, 6) / 6)


def test_what_fails_is_kept_away_from(tmp_path: Path) -> None:
    """The best rates lie right below those that fail."""
    recipe = load("joint", [SPACE, 'search.algorithm="bayesian"'])
    assert recipe.search is not None
    assert recipe.search.space is not None
    space = Space(recipe.search.space)
    oracle = make_oracle(recipe.search, space, objective_of(recipe), 9)
    oracle.open(tmp_path, 25, None)
    failed = []
    while (trial := oracle.next_trial("a worker")) is not None:
        rate = trial.values["phases.0.optimizer.learning_rate"]
        failed.append(rate > 1e-2)
        score = 0.9 + 0.1 * np.log10(rate)
        values = dict(trial.values)
        oracle.settle(TrialResult.failed(trial.id, values, "x") if failed[-1] else TrialResult(
            trial.id, values, "completed", score=score))  # fmt: skip
    assert sum(failed[10:]) < 8


SPACE = """search.space={
    "model.encoder.filters" = { depth = [1, 3], width = { range = [16, 64], step = 16 } },
    "model.dropout" = { range = [0.0, 0.5] },
    "phases.0.optimizer.learning_rate" = { range = [1e-4, 1e-1], log = true }
}""".replace("\n", " ")


def score(values: dict) -> float:
    """Return an accuracy that a rate of 0.01 and little dropout make best, and depth a little."""
    rate, dropout = values["phases.0.optimizer.learning_rate"], values["model.dropout"]
    depth = int(values["model.encoder.filters.depth"])
    return 0.9 - 0.1 * np.log10(rate / 1e-2) ** 2 - 0.2 * dropout - 0.01 * (3 - depth)


def searched(algorithm: str, seed: int, workers: int, folder: Path) -> list[float]:
    """Return the true scores of 30 trials whose results are noisy; all workers begin before the first one ends."""
    recipe = load("joint", [SPACE, f'search.algorithm="{algorithm}"', f"search.seed={seed}"])
    assert recipe.search is not None
    assert recipe.search.space is not None
    space = Space(recipe.search.space)
    oracle = make_oracle(recipe.search, space, objective_of(recipe), 9)
    oracle.open(folder, 30, None)
    random, truths = np.random.default_rng(seed), []
    while True:
        trials = [oracle.next_trial(f"worker {number}") for number in range(workers)]
        begun = [trial for trial in trials if trial is not None]
        if not begun:
            break
        tried = [dict(trial.values) for trial in begun]
        assert all(one != other for one, other in itertools.combinations(tried, 2))
        for trial, values in zip(begun, tried, strict=True):
            truths.append(score(values))
            noisy = truths[-1] + 0.01 * random.normal()
            oracle.settle(TrialResult(trial.id, values, "completed", score=noisy))
    assert len(truths) == 30
    return truths


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("workers", [1, 3])
def test_later_trials_lie_near_the_best(workers: int, seed: int, tmp_path: Path) -> None:
    assert np.mean(searched("bayesian", seed, workers, tmp_path / "bayesian")[-10:]) > 0.86
    assert np.mean(searched("random", seed, workers, tmp_path / "random")[-10:]) < 0.82
