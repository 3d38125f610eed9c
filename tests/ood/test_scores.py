import numpy as np
import pytest

from kerasae.models.ood.fitting import fit_to_features
from kerasae.ood.scores import JOINED, TITLES, Scorer, risk_coverage, separation

RANDOM = np.random.default_rng(0)


def made(count: int, shift: float) -> dict[str, np.ndarray]:
    """Features of a made-up model of two classes; `shift` moves all that is looked at."""
    latent = RANDOM.normal(size=(count, 4)) + shift
    contrast = np.exp(RANDOM.normal(size=count))
    error = 0.01 * contrast * np.exp(0.2 * RANDOM.normal(size=count) + shift)
    found = {
        "latent": latent,
        "logits": np.stack([np.full(count, 4.0 - shift), np.zeros(count)], 1) + RANDOM.normal(size=(count, 2)),
        "contrast": contrast,
        "error": error,
        "worst_error": 9 * error,
    }
    return {name: value.astype(np.float32) for name, value in found.items()}


def test_every_score_is_larger_for_the_unusual() -> None:
    known = made(500, 0.0)
    scorer = Scorer(fit_to_features(known, np.zeros(500, int), known, np.zeros(500, int), 0.05), known)
    usual, odd = scorer(made(400, 0.0)), scorer(made(300, 2.0))
    assert set(usual) == set(TITLES)
    for name in TITLES:
        assert separation(usual[name], odd[name])["auroc"] > 0.7, name
    assert separation(usual[JOINED], odd[JOINED])["auroc"] > 0.98


def test_without_softmax_head_its_scores_are_left_out() -> None:
    known = {name: value for name, value in made(100, 0.0).items() if name != "logits"}
    scorer = Scorer(fit_to_features(known, np.full(100, -1), known, np.full(100, -1), 0.05), known)
    assert set(scorer(known)) == set(TITLES) - {"label", "max_softmax", "energy"}


def test_separation_by_hand() -> None:
    found = separation(np.array([0.0, 1.0, 2.0, 5.0]), np.array([3.0, 4.0]))
    assert found["auroc"] == pytest.approx(6 / 8)  # of eight pairs, the known 5 beats both unknown
    assert found["fpr_at_95_tpr"] == pytest.approx(1 / 4)
    assert found["aupr"] == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_risk_coverage_by_hand() -> None:
    coverage, wrong = risk_coverage(np.array([3.0, 1.0, 2.0, 4.0]), np.array([True, True, False, False]))
    np.testing.assert_allclose(coverage, [0.25, 0.5, 0.75, 1.0])
    np.testing.assert_allclose(wrong, [0, 1 / 2, 1 / 3, 1 / 2])
