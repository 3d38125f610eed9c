"""The statistics of batch normalization, estimated again where few steps have averaged them."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasae.data.collection import Collection
from kerasae.layers import BatchNormalization
from kerasae.recipe import BatchSizes
from kerasae.runs.folder import RunFolder
from kerasae.training import MovingStatistics, estimate, fit
from kerasae.training.moving_statistics import MOST_BYTES, is_count, num_batches

from tiny_task import killed_and_resumed, make  # isort: skip

Kind = type[keras.layers.BatchNormalization]
KINDS = pytest.mark.parametrize("kind", [BatchNormalization, keras.layers.BatchNormalization])


def model(kind: Kind) -> keras.Model:
    """Return a model of two normalized layers, the second inside a model of its own, with what may go wrong around."""
    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), kind(name="second")])
    inputs = keras.Input((4, 4, 2))
    x = kind(name="first")(keras.layers.Conv2D(4, 3, kernel_regularizer="l2")(inputs))
    x = keras.layers.Dropout(0.0)(keras.layers.GlobalAveragePooling2D(activity_regularizer="l2")(x))
    return keras.Model(inputs, keras.layers.Dense(2)(inner(x)))


def layers(of: keras.Model) -> dict[str, keras.layers.BatchNormalization]:
    return {layer.name: layer for layer in of._flatten_layers() if isinstance(layer, keras.layers.BatchNormalization)}


def data(count: int = 40) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return random.normal(3.0, 2.0, (count, 4, 4, 2)).astype(np.float32), np.zeros((count, 2), np.float32)


@KINDS
def test_the_statistics_of_all_batches_together_at_the_weights_of_now(kind: Kind) -> None:
    network, (x, _) = model(kind), data()
    before = [variable.numpy() for variable in network.trainable_variables]
    counts = [variable.numpy() for variable in network.variables if is_count(variable)]
    estimate(network, [(x[:32],), (x[32:],)])  # of unequal size
    answers = network.layers[1](x)
    np.testing.assert_allclose(layers(network)["first"].moving_mean, np.mean(answers, (0, 1, 2)), rtol=1e-5)
    np.testing.assert_allclose(layers(network)["first"].moving_variance, np.var(answers, (0, 1, 2)), rtol=1e-4)
    assert np.abs(layers(network)["second"].moving_variance - 1.0).min() > 1e-3
    for variable, value in zip(network.trainable_variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)
    assert [variable.numpy() for variable in network.variables if is_count(variable)] == counts


@KINDS
def test_frozen_layers_and_seeds_are_left_alone(kind: Kind) -> None:
    network, (x, _) = model(kind), data()
    layers(network)["first"].trainable = False
    untouched = [variable for variable in network.non_trainable_variables if "second" not in variable.path]
    before = [variable.numpy() for variable in untouched]
    estimate(network, [x])
    for variable, value in zip(untouched, before, strict=True):
        np.testing.assert_array_equal(variable, value)
    assert np.abs(layers(network)["second"].moving_variance - 1.0).min() > 1e-3


@KINDS
@pytest.mark.parametrize("validated", [True, False])
def test_after_an_epoch_of_one_step_inference_answers_as_training_does(kind: Kind, validated: bool) -> None:
    network, (x, y) = model(kind), data()
    network.compile(keras.optimizers.SGD(0.5), "mse")
    seen: list[float] = []
    look = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: seen.append(float(network.evaluate(x, y, verbose=0))))
    callbacks = [MovingStatistics([x]), look]
    more = {"validation_data": (x, y)} if validated else {}
    history = network.fit(x, y, batch_size=40, verbose=0, callbacks=callbacks, **more)
    same = np.mean((network(x, training=True) - y) ** 2)
    assert np.mean((network(x) - y) ** 2) == pytest.approx(same, rel=1e-4)
    if validated:
        assert history.history["val_loss"][0] == pytest.approx(seen[0])


def test_many_steps_are_trusted() -> None:
    network, (x, y) = model(BatchNormalization), data()
    network.compile("sgd", "mse")

    def unread() -> object:
        raise AssertionError("the batches were read")
        yield

    network.fit(x, y, batch_size=10, epochs=2, verbose=0, callbacks=[MovingStatistics(unread(), few_steps=3)])
    with pytest.raises(AssertionError):
        network.fit(x, y, batch_size=10, epochs=1, verbose=0, callbacks=[MovingStatistics(unread(), few_steps=12)])


def test_an_estimate_is_cheap() -> None:
    assert num_batches(64, (32, 32, 3)) == 16
    assert num_batches(2_000, (8, 8, 1)) == 1
    assert num_batches(8, (1024, 1024, 3)) == (MOST_BYTES // 2**20 // 3) // 8
    assert num_batches(8, (10_000, 10_000, 3)) == 1


PHASE = {"batch_size": 8, "epochs": 4, "corrupt": [{"name": "cutout", "fraction_range": [0.1, 0.5]}]}
BATCHES = BatchSizes(sizes=[8, 16], at=[3]).model_dump()


@pytest.fixture(scope="module")
def uninterrupted(
    tmp_path_factory: pytest.TempPathFactory, collection: Collection
) -> tuple[RunFolder, list[np.ndarray]]:
    """A run of two phases and two batch sizes that nothing interrupted, with dropout."""
    phases = [{**PHASE, "batch_size": BATCHES}, {**PHASE, "epochs": 1, "learns": ["encoder", "decoder"]}]
    run, recipe = make(tmp_path_factory.mktemp("whole") / "run", *phases)
    return run, fit(run, recipe, collection).get_weights()


@pytest.mark.parametrize("kill_after", [2, 3, 4])
def test_a_killed_run_estimates_the_same_bytes(
    kill_after: int,
    tmp_path: Path,
    uninterrupted: tuple[RunFolder, list[np.ndarray]],
    collection: Collection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run, expected = uninterrupted
    killed_and_resumed(tmp_path / "broken", run, expected, fit, collection, kill_after, monkeypatch)


def test_the_trained_model_answers_by_the_statistics_of_its_training_images(
    tmp_path: Path, collection: Collection
) -> None:
    # Of six steps, so that Keras' averages would hold 6% of what they ought to.
    phase = {"batch_size": 20, "epochs": 3, "learns": ["encoder", "classifier"]}
    run, recipe = make(tmp_path / "run", phase)
    trained = fit(run, recipe, collection)
    images = tf.constant(collection.train.load(np.arange(40)))
    moving, batch = (np.asarray(trained(images, training=training)["label"]) for training in (False, True))
    # Dropout is 0.4 or so in training mode: answers differ, but not in their mean.
    assert np.abs(moving - batch).mean() < 0.15


def test_two_devices_estimate_what_one_does(tmp_path: Path, collection: Collection) -> None:
    classifier = {"name": "baseline", "filters": [8], "dense": [], "dropout": 0.0}
    parts = {"encoder": {"name": "baseline", "filters": [4, 4]}, "classifier": classifier}
    phase = {"epochs": 2, "optimizer": {"name": "sgd", "learning_rate": 0.05}}
    weights = []
    for name, devices in (("one", "auto"), ("two", ["CPU:0", "CPU:1"])):
        run, recipe = make(tmp_path / name, phase, model=parts, distribution={"devices": devices})
        weights.append(fit(run, recipe, collection).get_weights())
    for left, right in zip(*weights, strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-3, atol=1e-4)
