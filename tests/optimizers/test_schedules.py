import math

import keras
import pytest

from kerasae.optimizers import OPTIMIZERS
from kerasae.optimizers.schedules import SCHEDULES, Plan
from kerasae.recipe import Spec
from kerasae.utils.errors import RequestError


def plan(name: str, epochs: int = 10, steps: int = 4, **options: object) -> Plan:
    return SCHEDULES.build(Spec(name=name, **options), "phases.0.schedule", 0.1, [steps] * epochs, "val_loss")


def test_constant() -> None:
    assert plan("constant") == Plan(0.1)


def test_step_changes_after_the_listed_epochs() -> None:
    rate = plan("step", at=[2, 5], factor=0.5).learning_rate
    assert [float(rate(step)) for step in (0, 7, 8, 19, 20, 39)] == pytest.approx([0.1, 0.1, 0.05, 0.05, 0.025, 0.025])


def test_cosine_warms_up_and_ends() -> None:
    rate = plan("cosine", warmup=0.2, final=0.1).learning_rate
    assert [float(rate(step)) for step in (0, 4, 8)] == pytest.approx([0, 0.05, 0.1], abs=1e-6)
    middle = 0.1 * (0.9 * 0.5 * (1 + math.cos(math.pi / 2)) + 0.1)
    assert float(rate(24)) == pytest.approx(middle, rel=1e-4)
    assert float(rate(40)) == pytest.approx(0.01, rel=1e-4)


def test_steps_are_counted_where_epochs_differ_in_length() -> None:
    steps = [8, 8, 4, 4, 2]  # as with a batch size that doubles

    def build(name: str, **options: object) -> keras.optimizers.schedules.LearningRateSchedule:
        return SCHEDULES.build(Spec(name=name, **options), "s", 0.1, steps, "val_loss").learning_rate

    rate = build("step", at=[2, 3], factor=0.5)
    assert [float(rate(step)) for step in (15, 16, 19, 20)] == pytest.approx([0.1, 0.05, 0.05, 0.025])
    assert [float(build("cosine")(step)) for step in (13, 26)] == pytest.approx([0.05, 0], abs=1e-6)


def test_a_long_warm_up_of_few_steps_leaves_one_to_fall() -> None:
    rate = plan("cosine", epochs=1, warmup=0.96).learning_rate
    assert [float(rate(step)) for step in (3, 4)] == pytest.approx([0.1, 0], abs=1e-6)


def test_plateau_is_a_callback_that_knows_its_direction() -> None:
    callback = plan("plateau", factor=0.2, patience=3).callbacks[0]
    assert isinstance(callback, keras.callbacks.ReduceLROnPlateau)
    assert (callback.mode, callback.factor, callback.patience, callback.min_delta) == ("min", 0.2, 3, 0.0)


@pytest.mark.parametrize("first", [float("nan"), float("-inf")])
def test_a_first_value_that_is_not_finite_is_no_plateau_to_keep(first: float) -> None:
    callback = plan("plateau", factor=0.5, patience=2).callbacks[0]
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1))
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate([first, 0.5, 0.4, 0.3, 0.2]):
        callback.on_epoch_end(epoch, {callback.monitor: value})
    assert callback.best == 0.2
    assert float(model.optimizer.learning_rate) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        (
            "step",
            {"at": [3, 10]},
            r"at: expected rising epochs below the phase's last, 10\. Received: \[3, 10\]",
        ),
        ("step", {"at": [5, 3]}, "expected rising epochs"),
        ("step", {}, r"schedule\.at: expected a value, since it has no default"),
        ("cosine", {"warmup": 1.0}, r"schedule\.warmup: expected less than 1"),
        ("plateau", {"factor": 1.0}, r"schedule\.factor: expected less than 1"),
        ("plateau", {"min_learning_rate": 0.1}, r"min_learning_rate: expected less than the optimizer's rate, 0\.1"),
        ("cosin", {}, r"Did you mean 'cosine'\?"),
    ],
)
def test_wrong_schedules_are_refused(name: str, options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plan(name, **options)


@pytest.mark.parametrize("name", OPTIMIZERS.names)
def test_weight_decay_moves_kernels_alone(name: str) -> None:
    layers = [keras.layers.Dense(3, bias_initializer="ones"), keras.layers.BatchNormalization()]
    for layer in layers:
        layer.build((None, 3))
    variables = [variable for layer in layers for variable in layer.trainable_variables]
    before = [variable.numpy() for variable in variables]
    optimizer = OPTIMIZERS.build(Spec(name=name, learning_rate=0.5, weight_decay=0.1), "o")
    optimizer.apply([keras.ops.zeros_like(variable) for variable in variables], variables)
    moved = {v.name for v, old in zip(variables, before, strict=True) if (v.numpy() != old).any()}
    assert moved == {"kernel"}


def test_options_reach_the_optimizer() -> None:
    adam = OPTIMIZERS.build(Spec(name="adam", learning_rate=0.5, beta_1=0.8, clip_norm=2.0), "o")
    assert (float(adam.learning_rate), adam.beta_1, adam.global_clipnorm) == (0.5, 0.8, 2.0)
    sgd = OPTIMIZERS.build(Spec(name="sgd", momentum=0.5, nesterov=False), "o")
    assert (sgd.momentum, sgd.nesterov) == (0.5, False)
    with pytest.raises(RequestError, match=r"o\.learning_rate: expected greater than 0"):
        OPTIMIZERS.build(Spec(name="sgd", learning_rate=0.0), "o")
