"""The plan of a phase: its stages, its optimizers, and what it is built from."""

import dataclasses

import keras
import pytest

from kerasae.data.collection import Collection
from kerasae.recipe.loading import parse
from kerasae.training import adversarial, joint
from kerasae.utils.errors import RequestError

AUGMENT = [{"name": "contrast", "factor_range": [0.5, 1.5]}]


def test_a_plan_holds_all_that_a_phase_names(collection: Collection) -> None:
    sizes = {"sizes": [8, 20], "at": [2]}
    phase = {"epochs": 3, "batch_size": sizes, "augment": AUGMENT, "mix": "mix_up", "corrupt": ["gaussian_noise"]}
    first, second = joint.plan_phases(parse({"phases": [phase, {**phase, "epochs": 4, "mix": None}]}), collection)
    assert [(plan.index, plan.name, plan.first_epoch) for plan in (first, second)] == [
        (0, "joint 1", 0),
        (1, "joint 2", 3),
    ]
    assert [(list(stage.epochs), stage.order.steps) for stage in second.stages] == [([0, 1], 5), ([2, 3], 2)]
    assert [stage.validation_batch_size for stage in first.stages] == [8, 20]
    assert [len(first.transforms), len(first.corruptions)] == [1, 1]
    assert (first.mixing is None, second.mixing is None) == (False, True)
    assert first.loss_weights["label"](0) == 1.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.index = 1  # type: ignore[misc]


def test_every_optimizer_is_new_and_follows_the_schedule(collection: Collection) -> None:
    schedule = {"name": "step", "at": [1], "factor": 0.1}
    recipe = parse({"phases": [{"epochs": 2, "batch_size": 8, "schedule": schedule}]})
    (plan,) = joint.plan_phases(recipe, collection)
    (optimizer,) = plan.optimizers
    first, second = optimizer.build(), optimizer.build()
    assert first is not second
    assert float(first.learning_rate) == pytest.approx(0.001)
    first.iterations.assign(5)  # 40 images in batches of 8 are five steps
    assert float(first.learning_rate) == pytest.approx(0.0001)
    assert isinstance(first, keras.optimizers.Adam)


def test_the_discriminator_has_a_schedule_over_its_own_steps(collection: Collection) -> None:
    phase = {
        "epochs": 4,
        "batch_size": 8,
        "schedule": {"name": "step", "at": [3], "factor": 0.5},
        "discriminator": {"steps": [1, 2], "at": [2], "optimizer": {"name": "sgd", "learning_rate": 0.1}},
    }
    recipe = parse({"model": {"adversarial": "acgan"}, "phases": [phase]})
    (plan,) = adversarial.plan_phases(recipe, collection)
    assert [(stage.discriminator_steps, stage.order.steps) for stage in plan.stages] == [(1, 5), (2, 2)]
    generator, discriminator = (optimizer.build() for optimizer in plan.optimizers)
    assert (generator.name, discriminator.name) == ("adam", "sgd")
    # Three epochs are 5 + 5 + 2 steps of the generator, and 5 + 5 + 4 of the discriminator.
    for optimizer, rate, steps in ((generator, 0.001, 12), (discriminator, 0.1, 14)):
        optimizer.iterations.assign(steps - 1)
        assert float(optimizer.learning_rate) == pytest.approx(rate)
        optimizer.iterations.assign(steps)
        assert float(optimizer.learning_rate) == pytest.approx(rate / 2)


def test_an_error_names_the_field(collection: Collection) -> None:
    recipe = parse({"phases": [{"mix": "mixup"}]})
    with pytest.raises(RequestError, match=r"recipe: phases\.0\.mix: "):
        joint.plan_phases(recipe, collection)
