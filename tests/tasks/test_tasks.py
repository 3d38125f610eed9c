"""Each recipe has a task that suits its kind of model."""

from pathlib import Path

import pytest

from kerasae.recipe.loading import builtin, load
from kerasae.runs.folder import RunFolder
from kerasae.tasks import AdversarialTask, JointTask, task_of
from kerasae.utils.errors import RequestError
from kerasae.workflows.opening import open_run


@pytest.mark.parametrize("name", builtin())
def test_a_recipe_without_heads_predicts_nothing(name: str) -> None:
    recipe = load(name)
    assert task_of(recipe).predicts == bool(recipe.heads)
    assert isinstance(task_of(recipe), JointTask if recipe.heads else AdversarialTask)


def test_adversarial_losses_are_never_trained_in_float16() -> None:
    half = {"precision": "mixed_float16"}
    assert JointTask().precision(load("joint").model_copy(update=half)) == "mixed_float16"
    assert AdversarialTask().precision(load("mnist-acgan").model_copy(update=half)) == "float32"


def test_a_run_opens_with_its_task_and_no_other(digits_run: Path) -> None:
    opened = open_run(digits_run)
    assert isinstance(opened.task, JointTask)
    assert (opened.run.path, len(opened.model.model.heads)) == (digits_run, 2)
    assert opened.collection.class_names == tuple("0123456789")
    with pytest.raises(RequestError, match="expected an adversarial model, found JointAutoencoder"):
        open_run(digits_run, task=AdversarialTask())


def test_a_model_without_decoder_generates_nothing(digits_run: Path) -> None:
    run = RunFolder(digits_run)
    JointTask().check_generation(run, ["3"], None)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(RunFolder, "recipe", load("classifier"))
        with pytest.raises(RequestError, match="generate: expected a run whose model has a decoder"):
            JointTask().check_generation(run, ["3"], None)
