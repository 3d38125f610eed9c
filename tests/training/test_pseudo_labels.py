"""Images without label that learn from the model's own answers."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from kerasae.data.collection import Collection
from kerasae.recipe.loading import parse
from kerasae.training import fit
from kerasae.training.batches import batch_size_stages
from kerasae.training.compiling import pseudo_labels
from kerasae.training.phase_plan import check
from kerasae.utils.errors import RequestError

from tiny_task import killed_and_resumed, make, rows  # isort: skip

CORRUPTED = [{"name": "gaussian_noise", "deviation_range": [0.1, 0.1]}]
PHASE = {"pseudo_labels": {"threshold": 0.6}, "corrupt": CORRUPTED, "epochs": 4}


@pytest.fixture
def sparse(collection: Collection) -> Collection:
    """Return the tiny task with four labels."""
    train = collection.train
    kept = [np.flatnonzero(train.labels == label)[:2] for label in (0, 1)]
    labels = np.full(len(train), -1)
    labels[np.concatenate(kept)] = train.labels[np.concatenate(kept)]
    return dataclasses.replace(collection, train=train.with_labels(labels))


def test_sure_answers_teach_and_a_killed_run_goes_on_to_the_same_bytes(
    tmp_path: Path, sparse: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = {"labelled_share": 0.25}
    uninterrupted, recipe = make(tmp_path / "whole", PHASE, data=data)
    check(recipe.phases[0], "phases.0")
    expected = fit(uninterrupted, recipe, sparse).get_weights()
    shares = [float(row["pseudo_labelled"]) for row in rows(uninterrupted)]
    assert 0 < max(shares) <= 1
    assert all(0 <= float(row["val_pseudo_labelled"]) <= 1 for row in rows(uninterrupted))
    killed_and_resumed(tmp_path / "broken", uninterrupted, expected, fit, sparse, 3, monkeypatch)
    plain, recipe = make(tmp_path / "plain", {**PHASE, "pseudo_labels": None}, data=data)
    learned = fit(plain, recipe, sparse).get_weights()
    assert any((left != right).any() for left, right in zip(expected, learned, strict=True))
    assert "pseudo_labelled" not in rows(plain)[0]


def test_two_devices_follow_one(tmp_path: Path, sparse: Collection) -> None:
    classifier = {"name": "baseline", "filters": [8], "dense": [], "dropout": 0.0}
    model = {"encoder": {"name": "baseline", "filters": [4, 4]}, "classifier": classifier}
    optimizer = {"name": "sgd", "learning_rate": 0.02}
    curves = []
    for name, devices in (("one", "auto"), ("two", ["CPU:0", "CPU:1"])):
        run, recipe = make(
            tmp_path / name,
            {**PHASE, "optimizer": optimizer, "restore_best": False},
            model=model,
            distribution={"devices": devices},
        )
        fit(run, recipe, sparse)
        curves.append([{k: float(v) for k, v in row.items() if "loss" in k or "pseudo" in k} for row in rows(run)])
    assert max(row["pseudo_labelled"] for row in curves[0]) > 0
    for left, right in zip(*curves, strict=True):
        assert right == pytest.approx(left, rel=1e-4, abs=1e-5)


def test_a_phase_makes_them_only_on_request() -> None:
    built = pseudo_labels(parse({"phases": [PHASE]}).phases[0])
    assert built is not None
    assert built.get_config() == {"threshold": 0.6, "weight": 1.0}
    assert pseudo_labels(parse({"phases": [{}]}).phases[0]) is None


def test_they_need_images_without_label(collection: Collection, sparse: Collection) -> None:
    recipe = parse({"phases": [PHASE], "data": {"labelled_share": 0.5}})
    assert batch_size_stages(recipe, 0, sparse)
    everything = (
        r"recipe: data\.labelled_share, phases\.0\.pseudo_labels: expected .* Received: 40 labelled ones of 40; "
    )
    with pytest.raises(RequestError, match=everything + r".*--set phases\.0\.pseudo_labels=none$"):
        batch_size_stages(recipe, 0, collection)


@pytest.mark.parametrize(
    ("phase", "message"),
    [
        (
            {"pseudo_labels": {}, "learns": ["classifier"]},
            r"expected both heads to be trained beside pseudo_labels = {'threshold': 0\.95, 'weight': 1\.0}",
        ),
        ({"pseudo_labels": {"threshold": 1.5}}, r"phases\.0\.pseudo_labels\.threshold: expected .* Received: 1\.5"),
        ({"pseudo_labels": {"weight": 0}}, r"phases\.0\.pseudo_labels\.weight: expected greater than 0\. Received: 0"),
    ],
)
def test_what_cannot_be_is_refused(phase: dict, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        parse({"phases": [phase]})
