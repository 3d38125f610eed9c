"""How a run begins and goes on; nothing is trained here."""

import errno
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from kerasae.recipe.loading import parse
from kerasae.runs.data_facts import DataFacts
from kerasae.runs.folder import RunFolder
from kerasae.training import joint
from kerasae.training.phase_plan import PhasePlan, TrainingPlan
from kerasae.utils.errors import RequestError
from kerasae.workflows import begin as preparation
from kerasae.workflows import train
from kerasae.workflows.opening import open_run


@pytest.fixture(autouse=True)
def nothing_is_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(train, "finish", lambda *arguments, **options: None)


def images() -> str:
    for index in range(16):
        path = Path("pictures", "cat" if index < 8 else "dog", f"{index}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(index).integers(0, 256, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
    return "pictures"


def test_images_that_changed_are_not_mixed_with_the_old(monkeypatch: pytest.MonkeyPatch) -> None:
    run = train.train("joint", data=images(), run=Path("x"))
    train.resume(run.path)
    Path("pictures/cat/0.png").rename("pictures/dog/0.png")
    message = r"expected the images that x was made with, 16 in .*pictures\. Received: 16, not all of them the same"
    with pytest.raises(RequestError, match=message):
        train.resume(run.path)
    run.model.touch()
    monkeypatch.setattr("kerasae.models.load_trained", lambda *arguments, **more: SimpleNamespace())
    with pytest.raises(RequestError, match=message):
        open_run(run.path)  # what evaluate, report and export begin with


def test_two_processes_do_not_train_one_run() -> None:
    run = train.train("joint", data=images(), run=Path("x"))
    with (
        run.alone("exporting"),
        pytest.raises(
            RequestError, match=r"^run: .* another process is exporting x \(process \d+ on .*\); wait for it$"
        ),
    ):
        train.resume(run.path)
    train.resume(run.path)


def test_a_folder_does_not_take_the_place_of_a_known_source() -> None:
    Path("digits").mkdir()
    run = train.train("digits-joint", run=Path("x"))
    assert run.recipe.data.source == "digits"


def test_a_training_is_planned_once(monkeypatch: pytest.MonkeyPatch) -> None:
    plans: list[PhasePlan] = []
    facts: list[dict] = []
    finished: list[TrainingPlan] = []
    build, compute = PhasePlan.of, joint.facts_of

    def counted(*arguments: Any) -> PhasePlan:
        plans.append(build(*arguments))
        return plans[-1]

    def computed(*arguments: Any) -> dict:
        facts.append(compute(*arguments))
        return facts[-1]

    monkeypatch.setattr(PhasePlan, "of", counted)
    monkeypatch.setattr(joint, "facts_of", computed)
    monkeypatch.setattr(train, "finish", lambda run, collection, plan: finished.append(plan))
    train.train("two-stage", data="digits", run=Path("x"))
    ((plan,), (fact,)) = finished, facts
    assert list(plan.phases) == plans
    assert [phase.name for phase in plans] == ["autoencoder", "classifier"]
    assert plan.facts is fact


def test_a_run_that_cannot_begin_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**more: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(preparation, "environment", full)
    with pytest.raises(OSError, match="No space left"):
        train.train("digits-joint", run=Path("x"))
    assert not Path("x").exists()


def test_a_run_that_cannot_begin_in_a_folder_of_others_leaves_their_files(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**more: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(preparation, "environment", full)
    run = RunFolder(Path("x"))
    run.path.mkdir()
    Path("x/notes.txt").touch()
    with pytest.raises(OSError, match="No space left"):
        preparation.begin(run, parse({}), DataFacts())
    assert list(run.path.iterdir()) == [Path("x/notes.txt")]
