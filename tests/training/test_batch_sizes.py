"""A batch size that changes while training: the optimizer, the callbacks and the order go on."""

from pathlib import Path

import numpy as np
import pytest

from kerasae.data.collection import Collection
from kerasae.recipe.loading import parse
from kerasae.runs.folder import RunFolder
from kerasae.training import fit
from kerasae.training.callbacks import HistoryWriter
from kerasae.training.joint import check_fit
from kerasae.utils.errors import RequestError
from kerasae.workflows.begin import epoch_notes, resolve

from tiny_task import killed_and_resumed, make, rows  # isort: skip

# Patience that a reset between stretches would renew, a plateau that it would put off, momentum and dropout seeds.
PHASE = {
    "epochs": 8,
    "augment": [{"name": "contrast", "factor_range": [0.5, 1.5]}],
    "corrupt": [{"name": "gaussian_noise"}],
    "schedule": {"name": "plateau", "patience": 2, "factor": 0.5, "min_delta": 10.0},
    "early_stopping": {"patience": 3, "min_delta": 10.0},
    "monitor": "val_loss",
}
MODEL = {"encoder": {"name": "vgg", "filters": [4, 4]}, "dropout": 0.3}


def trained(folder: Path, collection: Collection, phase: dict) -> tuple[RunFolder, list[np.ndarray]]:
    run, recipe = make(folder, phase, model=MODEL)
    return run, fit(run, recipe, collection).get_weights()


def test_stretches_of_one_size_are_one_training(tmp_path: Path, collection: Collection) -> None:
    run, weights = trained(tmp_path / "one", collection, {**PHASE, "batch_size": 8})
    sizes = {"sizes": [8, 8, 8], "at": [1, 3]}
    parted, parted_weights = trained(tmp_path / "parted", collection, {**PHASE, "batch_size": sizes})
    assert rows(parted) == rows(run)
    assert len(rows(run)) == 4  # stopped early, in the third stretch, and stayed stopped
    assert len({row["learning_rate"] for row in rows(run)}) == 2
    for left, right in zip(weights, parted_weights, strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("kill_after", [3, pytest.param(2, marks=pytest.mark.slow)])
def test_a_killed_run_goes_on_in_the_stretch_it_was_in(
    kill_after: int, tmp_path: Path, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    phase = {**PHASE, "epochs": 4, "early_stopping": None, "batch_size": {"sizes": [8, 20], "at": [2]}}
    run, weights = trained(tmp_path / "whole", collection, phase)
    killed_and_resumed(tmp_path / "broken", run, weights, fit, collection, kill_after, monkeypatch)


def test_steps_orders_and_speeds_follow_the_size(
    tmp_path: Path, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setattr(
        HistoryWriter, "on_train_batch_end", lambda self, batch, logs=None: seen.append(self.images_per_epoch)
    )
    phase = {
        "epochs": 3,
        "batch_size": {"sizes": [8, 16], "at": [1]},
        "schedule": {"name": "step", "at": [2], "factor": 0.5},
        "restore_best": False,
    }
    run, _ = trained(tmp_path / "run", collection, phase)
    assert seen == [40] * 5 + [32] * 2 * 2  # 40 images: five batches of 8, then two of 16
    # Halved after the second epoch, which ends at step 7, not at 10.
    assert [float(row["learning_rate"]) for row in rows(run)] == pytest.approx([0.01, 0.01, 0.005])


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ({"sizes": [8, 16], "at": [2]}, r"phases\.0: expected batch_size\.at to hold epochs below the phase's last, 2"),
        ({"sizes": [8, 16, 32], "at": [3, 3]}, r"phases\.0\.batch_size: expected rising epochs `at`, one fewer"),
        ({"sizes": [8, 16], "at": [1, 2]}, r"phases\.0\.batch_size: expected rising epochs `at`, one fewer"),
        ({"sizes": [8], "at": []}, r"phases\.0\.batch_size\.sizes: expected a list of at least 2\."),
        ({"sizes": [8, 0], "at": [1]}, r"phases\.0\.batch_size\.sizes\.1: expected greater than 0\. Received: 0"),
        ({"sizes": [8, 9], "at": [1], "size": 4}, r"unknown key 'phases\.0\.batch_size\.size'.*Did you mean 'sizes'\?"),
        (0, r"phases\.0\.batch_size: expected greater than 0"),
    ],
)
def test_wrong_sizes_are_refused(size: object, message: str) -> None:
    with pytest.raises(RequestError, match=message) as caught:
        parse({"phases": [{"epochs": 2, "batch_size": size}]})
    assert "\n" not in str(caught.value)


def test_more_than_all_images_are_refused(collection: Collection) -> None:
    recipe = parse({"phases": [{"epochs": 2, "batch_size": {"sizes": [8, 41], "at": [1]}}]})
    with pytest.raises(RequestError, match=r"batch_size\.sizes: expected no more than the 40 images.*Received: 41"):
        check_fit(recipe, collection)


@pytest.mark.parametrize(
    ("size", "min_steps", "epochs"),
    [
        (8, 0, 4),
        (8, 20, 4),  # 40 images in batches of 8 are 5 steps an epoch
        (8, 21, 5),
        (64, 9, 9),  # all images in a batch
        ({"sizes": [8, 20], "at": [3]}, 20, 6),  # 15 steps, then 2 an epoch
    ],
)
def test_few_images_get_the_epochs_that_make_the_least_steps(
    size: object, min_steps: int, epochs: int, tmp_path: Path, collection: Collection
) -> None:
    _, recipe = make(tmp_path / "run", {"epochs": 4, "batch_size": size, "min_steps": min_steps})
    resolved = resolve(recipe, collection)
    assert (resolved.phases[0].epochs, resolved.phases[0].min_steps) == (epochs, 0)
    assert resolve(resolved, collection) == resolved
    lines = epoch_notes(recipe, resolved)
    assert len(lines) == (epochs > 4)
    if lines:
        assert lines[0].startswith(f"joint: {epochs} epochs rather than 4, for at least {min_steps} steps; few images")
