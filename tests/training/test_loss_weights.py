"""Loss weights over the epochs: schedules, balancing, what is logged, and resuming to the bit."""

import dataclasses
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasae.data.collection import Collection
from kerasae.data.epoch_sampler import EpochOrder
from kerasae.models import build
from kerasae.recipe import HEADS, ModelRecipe, Spec
from kerasae.recipe.loading import parse
from kerasae.runs.folder import RunFolder
from kerasae.training import GradientNormBalance, LossWeights, fit
from kerasae.training.callbacks.gradient_norm_balance import latent_gradient_norms
from kerasae.training.loss_weights import check, schedules
from kerasae.utils.errors import RequestError

from tiny_task import killed_and_resumed, make, rows  # isort: skip


def column(run: RunFolder, name: str) -> list[float]:
    return [float(row[name]) for row in rows(run)]


@pytest.mark.parametrize(
    ("weight", "expected"),
    [
        (3, [3, 3, 3, 3, 3]),
        ({"name": "constant", "value": 2.0}, [2, 2, 2, 2, 2]),
        ("constant", [1, 1, 1, 1, 1]),
        ({"name": "linear", "start": 10, "end": 1, "epochs": 4}, [10, 7, 4, 1, 1]),
        ({"name": "linear", "start": 5.0}, [5, 4, 3, 2, 1]),
        ({"name": "cosine", "start": 0, "end": 4, "epochs": 5}, [0, 2 - 2**0.5, 2, 2 + 2**0.5, 4]),
        ({"name": "step", "start": 8, "at": [1, 3], "factor": 0.5}, [8, 4, 4, 2, 2]),
    ],
)
def test_schedules_give_the_weights_of_each_epoch(weight: object, expected: list[float]) -> None:
    recipe = parse({"phases": [{"epochs": 5, "loss_weights": {"reconstruction": weight}}]})
    check(recipe)
    by_term = schedules(recipe, 0, (8, 8, 1))
    assert [by_term["reconstruction"](epoch) for epoch in range(5)] == pytest.approx(expected)
    assert by_term["label"](3) == 1.0
    again = parse(recipe.model_dump(mode="json"))
    assert again == recipe


@pytest.mark.parametrize(
    ("phase", "message"),
    [
        (
            {"loss_weights": {"reconstruction": {"name": "linear", "start": 10, "end": 1, "epochs": 6}}},
            r"phases\.0\.loss_weights\.reconstruction\.epochs: expected at most the phase's 5\. Received: 6",
        ),
        (
            {"loss_weights": {"label": {"name": "step", "at": [5]}}},
            r"phases\.0\.loss_weights\.label\.at: expected rising epochs below the phase's last, 5\. Received: \[5\]",
        ),
        (
            {"loss_weights": {"label": -1}},
            (
                r"phases\.0\.loss_weights\.label: expected greater than or equal to 0 or a name, or a table with one\. "
                r"Received: -1"
            ),
        ),
        (
            {"loss_weights": {"label": {"name": "linear", "start": -1}}},
            r"phases\.0\.loss_weights\.label\.start: expected greater than or equal to 0\. Received: -1",
        ),
        ({"loss_weights": {"label": "linaer"}}, r"expected weight schedule .*'linaer'\. Did you mean 'linear'\?"),
        (
            {"loss_weights": {"kl_divergence": 1}},
            (
                r"phases\.0\.loss_weights\.kl_divergence: expected model\.variational and an encoder that learns\. "
                r"Received: variational false"
            ),
        ),
        (
            {"balance": "uncertainty", "loss_weights": {"reconstruction": 10}},
            r"expected no loss_weights for heads that balance = 'uncertainty' weighs\. Received: reconstruction; set",
        ),
        ({"balance": "gradient_norm", "learns": ["encoder", "classifier"]}, r"expected both heads .* balance = 'grad"),
        ({"balance": "uncertainty", "learns": ["decoder", "classifier"]}, r"expected the encoder to learn"),
        ({"error_focus": 1.0, "learns": ["classifier"]}, r"expected both heads .* error_focus = 1\.0"),
        ({"error_focus": -1.0}, r"phases\.0\.error_focus: expected greater than or equal to 0\. Received: -1\.0"),
        ({"balance": "gradnorm"}, r"phases\.0\.balance: expected 'uncertainty' or 'gradient_norm'"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(phase: dict, message: str) -> None:
    with pytest.raises(RequestError, match=message) as error:
        check(parse({"phases": [{"epochs": 5, **phase}]}))
    assert "\n" not in str(error.value)


BUSY = {
    "scheduled": {
        "loss_weights": {"reconstruction": {"name": "linear", "start": 10, "end": 1, "epochs": 3}},
        "monitor": "val_loss",
    },
    "uncertainty": {"balance": "uncertainty", "error_focus": 1.0},
    "gradient_norm": {"balance": "gradient_norm"},
    "variational": {
        "learns": ["encoder", "decoder"],
        "loss_weights": {"kl_divergence": {"name": "cosine", "start": 0, "epochs": 3}},
    },
}


@pytest.mark.parametrize("kind", BUSY)
def test_a_killed_run_goes_on_to_the_same_bytes(
    kind: str, tmp_path: Path, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = {"encoder": {"name": "vgg", "filters": [4, 4]}, "dropout": 0.3, "variational": kind == "variational"}
    optimizer = {"name": "adam", "learning_rate": 0.01, "weight_decay": 0.1}
    uninterrupted, recipe = make(tmp_path / "whole", {"epochs": 4, "optimizer": optimizer, **BUSY[kind]}, model=model)
    check(recipe)
    expected = fit(uninterrupted, recipe, collection).get_weights()
    killed_and_resumed(tmp_path / "broken", uninterrupted, expected, fit, collection, 3, monkeypatch)
    if kind == "scheduled":
        assert column(uninterrupted, "reconstruction_weight") == pytest.approx([10, 5.5, 1, 1])
        assert column(uninterrupted, "label_weight") == [1, 1, 1, 1]
    elif kind == "variational":
        assert column(uninterrupted, "kl_divergence_weight") == pytest.approx([0, 1 / 128, 1 / 64, 1 / 64])
        assert min(column(uninterrupted, "val_kl_divergence")) > 0
    elif kind == "gradient_norm":
        assert np.add(
            column(uninterrupted, "reconstruction_weight"), column(uninterrupted, "label_weight")
        ) == pytest.approx(2)
        assert len(set(column(uninterrupted, "label_weight"))) == 4
    else:
        assert len(set(column(uninterrupted, "label_weight"))) == 4


def test_the_best_epoch_is_one_of_the_last_weights(tmp_path: Path, collection: Collection) -> None:
    # With a weight of 0 the first epochs have by far the lowest loss.
    weight = {"name": "step", "start": 1e-6, "at": [2], "factor": 1e6}
    run, recipe = make(
        tmp_path / "run", {"learns": ["encoder", "decoder"], "epochs": 4, "loss_weights": {"reconstruction": weight}}
    )
    fit(run, recipe, collection)
    best = min(column(run, "val_reconstruction_loss")[2:])
    assert min(column(run, "val_loss")[:2]) < best
    with np.load(run.checkpoints / "best.npz") as stored:
        kept = [stored[name] for name in stored.files]
    trained = keras.saving.load_model(run.model)
    assert any(np.array_equal(left, trained.get_weights()[0]) for left in kept)
    images = collection.validation.load(np.arange(len(collection.validation)))
    rebuilt = trained.predict(images, verbose=0)["reconstruction"]
    assert np.square(rebuilt - images / 255.0).mean() == pytest.approx(best, rel=1e-4)


IMAGES = np.random.default_rng(0).integers(0, 256, (16, 8, 8, 1), dtype=np.uint8)
ROWS = np.eye(3, dtype=np.float32)[np.arange(16) % 3]
TARGETS = {"reconstruction": IMAGES.astype(np.float32) / 255, "label": ROWS}
WEIGHTS = {head: np.ones(16, np.float32) for head in HEADS}


def test_plain_keras_code_schedules_and_balances() -> None:
    keras.utils.set_random_seed(1)
    joint = build(ModelRecipe(encoder=Spec(name="baseline", filters=[4, 4]), dropout=0.2), (8, 8, 1), 3, HEADS)
    joint.compile(loss_weights={"label": keras.Variable(1.0)})
    halving = {"label": lambda epoch: 0.5**epoch}
    history = joint.fit(
        IMAGES, TARGETS, sample_weight=WEIGHTS, epochs=3, verbose=0, callbacks=[LossWeights(halving)]
    ).history
    assert history["label_weight"] == [1, 0.5, 0.25]
    with pytest.raises(ValueError, match=r"loss_weights\['reconstruction'\]: expected a keras\.Variable"):
        joint.fit(IMAGES, TARGETS, verbose=0, callbacks=[LossWeights({"reconstruction": halving["label"]})])
    with pytest.raises(ValueError, match=r"two heads, each with a keras\.Variable .* \['reconstruction'\]"):
        joint.fit(IMAGES, TARGETS, verbose=0, callbacks=[GradientNormBalance(IMAGES, TARGETS, WEIGHTS)])


def test_balanced_heads_pull_equally_and_measuring_changes_nothing_else() -> None:
    import tensorflow as tf

    keras.utils.set_random_seed(1)
    joint = build(ModelRecipe(encoder=Spec(name="baseline", filters=[4, 4]), dropout=0.2), (8, 8, 1), 3, HEADS)
    joint.compile(loss_weights={head: keras.Variable(1.0) for head in HEADS})
    plain = {head: np.asarray(values, np.float64) for head, values in TARGETS.items()}  # as NumPy makes them
    balance = GradientNormBalance(IMAGES, plain, WEIGHTS)
    balance.set_model(joint)
    balance.on_train_begin()
    before = [keras.ops.convert_to_numpy(variable) for variable in joint.variables]
    balance.on_epoch_begin(0)
    for left, right in zip(before, joint.variables, strict=True):
        np.testing.assert_array_equal(left, right)
    weights = joint.effective_weights()
    assert sum(weights.values()) == pytest.approx(2)
    # The gradients that a step of training would have, dropout and batch statistics included.
    latent = joint.encoder(IMAGES / 255.0, training=True)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(latent)
        error = tf.reduce_mean(tf.square(joint.decoder(latent, training=True) - TARGETS["reconstruction"]))
        logits = joint.classifier(latent, training=True)
        label = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(ROWS, logits))
    pulls = [
        weights[head] * tf.norm(tape.gradient(loss, latent))
        for head, loss in (("reconstruction", error), ("label", label))
    ]
    # Another draw of dropout than the measured one, over 16 images.
    assert float(pulls[0] / pulls[1]) == pytest.approx(1, abs=0.3)


def test_images_seen_in_one_polarity_pull_alike_in_either() -> None:
    keras.utils.set_random_seed(1)
    recipe = ModelRecipe(encoder=Spec(name="baseline", filters=[4, 4]), classifier=Spec(name="mlp", dropout=0.0))
    joint = build(recipe.model_copy(update={"input": "polarity"}), (8, 8, 1), 3, HEADS)
    joint.compile()
    turned = {**TARGETS, "reconstruction": 1 - TARGETS["reconstruction"]}
    norms = latent_gradient_norms(joint, IMAGES, TARGETS, WEIGHTS)
    turned_norms = latent_gradient_norms(joint, 255 - IMAGES, turned, WEIGHTS)
    for head in HEADS:
        assert float(norms[head]) == pytest.approx(float(turned_norms[head]), rel=1e-3)


def test_gradients_are_balanced_on_labels_also_where_the_first_batch_has_none(
    tmp_path: Path, collection: Collection
) -> None:
    run, recipe = make(tmp_path / "run", {"balance": "gradient_norm", "epochs": 1})
    train = collection.train
    later = EpochOrder(np.full(len(train), -1), 8, None, recipe.seed).at(0, np.arange(16, len(train)))
    labels = np.full(len(train), -1)
    labels[later] = train.labels[later]
    fit(run, recipe, dataclasses.replace(collection, train=train.with_labels(labels)))
    assert column(run, "label_weight")[0] != 1.0


@pytest.mark.parametrize("phase", [{"balance": "uncertainty", "error_focus": 1.0}, {"balance": "gradient_norm"}])
def test_two_devices_follow_one(phase: dict, tmp_path: Path, collection: Collection) -> None:
    # SGD, because Adam divides by gradients of nearly nothing; no dropout, whose draws differ by replica.
    optimizer = {"name": "sgd", "learning_rate": 0.02}
    classifier = {"name": "baseline", "filters": [8], "dense": [], "dropout": 0.0}
    model = {"encoder": {"name": "baseline", "filters": [4, 4]}, "classifier": classifier}
    curves = []
    for name, devices in (("one", "auto"), ("two", ["CPU:0", "CPU:1"])):
        run, recipe = make(
            tmp_path / name,
            {"epochs": 3, "optimizer": optimizer, "restore_best": False, **phase},
            model=model,
            distribution={"devices": devices},
        )
        fit(run, recipe, collection)
        curves.append([{k: float(v) for k, v in row.items() if "loss" in k or "weight" in k} for row in rows(run)])
    for left, right in zip(*curves, strict=True):
        assert right == pytest.approx(left, rel=1e-4, abs=1e-5)


def test_a_variational_model_trains_on_two_devices(tmp_path: Path, collection: Collection) -> None:
    phase = {"learns": ["encoder", "decoder"], "epochs": 3, "loss_weights": {"kl_divergence": 1e-3}}
    run, recipe = make(
        tmp_path / "run",
        phase,
        model={"encoder": {"name": "mlp", "units": [16]}, "variational": {"latent_dim": 2}},
        distribution={"devices": ["CPU:0", "CPU:1"]},
    )
    fit(run, recipe, collection)
    assert column(run, "loss")[-1] < column(run, "loss")[0]
    total = np.array(column(run, "val_reconstruction_loss")) + 1e-3 * np.array(column(run, "val_kl_divergence"))
    np.testing.assert_allclose(column(run, "val_loss"), total, rtol=1e-3)  # uneven last batches
