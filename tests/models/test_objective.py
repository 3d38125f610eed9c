"""One cost for two tasks: learned uncertainty, and label losses weighted by reconstruction errors."""

from pathlib import Path

import keras
import numpy as np
import pytest

from kerasae.layers import UncertaintyWeights
from kerasae.losses import LabelLoss
from kerasae.models import JointAutoencoder, PseudoLabels, build
from kerasae.recipe import HEADS, ModelRecipe, Spec

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(100, 156, (12, 8, 8, 1), dtype=np.uint8)
ROWS = np.eye(3, dtype=np.float32)[np.arange(12) % 3] * (np.arange(12) % 4 > 0)[:, None]
TARGETS = {"reconstruction": IMAGES.astype(np.float32) / 255, "label": ROWS}
WEIGHTS = {"reconstruction": np.ones(12, np.float32), "label": 2 * ROWS.sum(1)}


def model(heads: tuple = HEADS, balance: str | None = None) -> JointAutoencoder:
    keras.utils.set_random_seed(1)
    parts = build(ModelRecipe(encoder=Spec(name="mlp", units=[8])), (8, 8, 1), 3, heads)
    return JointAutoencoder(parts.encoder, parts.decoder, parts.classifier, balance=balance)


def evaluated(joint: JointAutoencoder) -> dict[str, float]:
    return joint.evaluate(IMAGES, TARGETS, sample_weight=WEIGHTS, return_dict=True, verbose=0)


def test_the_cost_is_the_likelihood_of_image_and_label() -> None:
    joint = model(balance="uncertainty")
    joint.uncertainty.log_variances["reconstruction"].assign(-3.0)
    joint.uncertainty.log_variances["label"].assign(0.4)
    joint.compile()
    logs = evaluated(joint)
    rebuilt = joint.predict(IMAGES, verbose=0)["reconstruction"]
    variance = np.exp(-3.0)
    density = np.exp(-((rebuilt - TARGETS["reconstruction"]) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)
    likelihood = -np.log(density).mean() - np.log(2 * np.pi) / 2
    # 9 of 12 images have a label, each of weight 2
    label = np.exp(-0.4) * logs["label_loss"] + 0.2 * 2 * 9 / 12
    assert logs["loss"] == pytest.approx(likelihood + label, rel=1e-4)
    assert logs["reconstruction_loss"] == pytest.approx(((rebuilt - TARGETS["reconstruction"]) ** 2).mean(), rel=1e-5)
    factors = {"reconstruction": 0.5 / variance, "label": np.exp(-0.4)}
    assert joint.effective_weights() == pytest.approx(factors, rel=1e-5)


def test_uncertainty_learns_and_is_saved(tmp_path: Path) -> None:
    joint = model(balance="uncertainty")
    joint.compile(keras.optimizers.Adam(0.05))
    before = joint.effective_weights()
    course = joint.fit(IMAGES, TARGETS, sample_weight=WEIGHTS, epochs=30, batch_size=12, verbose=0).history
    after = joint.effective_weights()
    assert all(course[name][-1] < course[name][0] for name in ("loss", "reconstruction_loss", "label_loss"))
    assert after["reconstruction"] > 1.2 * before["reconstruction"]  # the better it does, the surer
    assert abs(np.log(after["label"] / before["label"])) > 0.1
    joint.save(tmp_path / "model.keras")
    assert keras.saving.load_model(tmp_path / "model.keras").effective_weights() == after
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_array_equal(loaded.predict(IMAGES, verbose=0)["label"], joint.predict(IMAGES, verbose=0)["label"])
    layer = UncertaintyWeights(["label"], name="other")
    assert UncertaintyWeights.from_config(layer.get_config()).get_config() == layer.get_config()


def test_error_focus_weighs_labels_by_reconstruction_error_in_training_alone() -> None:
    joint = model()
    joint.compile(error_focus=2.0)
    outputs = joint(IMAGES, training=False)
    errors = ((np.asarray(outputs["reconstruction"]) - TARGETS["reconstruction"]) ** 2).mean((1, 2, 3))
    cross_entropy = -(ROWS * np.log(outputs["label"])).sum(1)
    labelled = ROWS.any(1)
    focus = errors**2 / (errors[labelled] ** 2).mean()
    expected = errors.mean() + (focus * cross_entropy * WEIGHTS["label"]).mean()
    arguments = {"y": TARGETS, "y_pred": outputs, "sample_weight": WEIGHTS}
    assert float(joint.compute_loss(**arguments)) == pytest.approx(expected, rel=1e-4)
    plain = errors.mean() + (cross_entropy * WEIGHTS["label"]).mean()
    assert float(joint.compute_loss(**arguments, training=False)) == pytest.approx(plain, rel=1e-5)
    assert evaluated(joint)["loss"] == pytest.approx(plain, rel=1e-5)


def test_error_focus_gives_the_decoder_no_gradient_of_the_label() -> None:
    import tensorflow as tf

    gradients = []
    for focus in (0.0, 1.0):
        joint = model()
        joint.compile(error_focus=focus)
        with tf.GradientTape() as tape:
            loss = joint.compute_loss(y=TARGETS, y_pred=joint(IMAGES, training=False), sample_weight=WEIGHTS)
        gradients.append(tape.gradient(loss, joint.decoder.trainable_variables))
    for one, other in zip(*gradients, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-8)


def test_sure_answers_to_the_clean_image_are_labels_of_the_corrupted_one(tmp_path: Path) -> None:
    joint = model()
    corrupted = 255 - IMAGES
    clean = np.asarray(joint(IMAGES, training=False)["label"])
    threshold = float(np.median(clean.max(1)))
    joint.compile(pseudo_labels=PseudoLabels(threshold, 0.5))
    outputs = joint(corrupted, training=False)
    errors = ((np.asarray(outputs["reconstruction"]) - TARGETS["reconstruction"]) ** 2).mean((1, 2, 3))
    taken = ~ROWS.any(1) & (clean.max(1) >= threshold)
    assert 0 < taken.sum() < 3  # of the three images without label
    rows = np.where(taken[:, None], np.eye(3)[clean.argmax(1)], ROWS)
    cross_entropy = -(rows * np.log(outputs["label"])).sum(1)
    expected = errors.mean() + (cross_entropy * np.where(taken, 0.5, WEIGHTS["label"])).mean()
    arguments = {"y": TARGETS, "y_pred": outputs, "sample_weight": WEIGHTS}
    assert float(joint.compute_loss(**arguments)) == pytest.approx(expected, rel=1e-4)
    assert float(joint.pseudo_labels.share.result()) == pytest.approx(taken.sum() / 3)
    logs = evaluated(joint)
    plain = errors_of(joint).mean() - (ROWS * np.log(clean)).sum(1) @ WEIGHTS["label"] / 12
    assert logs["loss"] == pytest.approx(plain, rel=1e-4)  # none are made in validation
    assert logs["pseudo_labelled"] == pytest.approx((clean.max(1) >= threshold).mean())
    joint.optimizer.build(joint.trainable_variables)  # as after a step
    joint.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert float(loaded.compute_loss(**arguments)) == pytest.approx(expected, rel=1e-4)
    joint.compile()
    assert "pseudo_labelled" not in evaluated(joint)


def test_pseudo_labels_stand_where_a_row_is_zero_and_the_answer_sure() -> None:
    pseudo_labels = PseudoLabels(threshold=0.8, weight=0.25)
    batch = (
        np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.05, 0.95]], np.float32),
        np.array([[0, 0], [0, 0], [1, 0], [0, 0]], np.float32),
        np.array([0, 0, 3, 0], np.float32),
    )
    rows, weights = pseudo_labels(*batch)
    np.testing.assert_array_equal(rows, [[1, 0], [0, 0], [1, 0], [0, 1]])
    np.testing.assert_array_equal(weights, [0.25, 0, 3, 0.25])
    assert float(pseudo_labels.share.result()) == pytest.approx(2 / 3)
    again = PseudoLabels.from_config(pseudo_labels.get_config())
    np.testing.assert_array_equal(again(*batch)[1], weights)


def test_class_weights_count_in_training_alone_and_for_pseudo_labels_too(tmp_path: Path) -> None:
    class_weights, smoothing = np.array([1.0, 4.0, 9.0]), 0.3
    joint = model()
    joint.compile(loss={"label": LabelLoss("categorical_crossentropy", class_weights, smoothing)})
    outputs = joint(IMAGES, training=False)
    labelled = ROWS.any(1)
    smoothed = ROWS * (1 - smoothing) + smoothing / 3
    entries = -smoothed * np.log(outputs["label"]) * labelled[:, None]
    weights = {"label": labelled.astype(np.float32)}
    arguments = {"y": TARGETS, "y_pred": outputs, "sample_weight": weights}
    expected = (entries * class_weights).sum() / 12
    assert float(joint.compute_loss(**arguments)) == pytest.approx(expected, rel=1e-5)
    assert float(joint.compute_loss(**arguments, training=False)) == pytest.approx(entries.sum() / 12, rel=1e-5)
    joint.optimizer.build(joint.trainable_variables)
    joint.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert float(loaded.compute_loss(**arguments)) == pytest.approx(expected, rel=1e-5)

    joint.compile(
        loss={"label": LabelLoss(class_weights=class_weights), "reconstruction": "mean_squared_error"},
        loss_weights={"reconstruction": 0.0},
        pseudo_labels=PseudoLabels(0.01, 0.5),
    )
    rows = np.where(labelled[:, None], ROWS, np.eye(3)[np.asarray(outputs["label"]).argmax(1)])
    counted = np.where(labelled, 1.0, 0.5) * (rows @ class_weights)
    expected = (counted * -(rows * np.log(outputs["label"])).sum(1)).mean()
    weights["reconstruction"] = WEIGHTS["reconstruction"]
    assert float(joint.compute_loss(**arguments)) == pytest.approx(expected, rel=1e-5)


def errors_of(joint: JointAutoencoder) -> np.ndarray:
    rebuilt = joint.predict(IMAGES, verbose=0)["reconstruction"]
    return ((rebuilt - TARGETS["reconstruction"]) ** 2).mean((1, 2, 3))


def test_wrong_requests_are_refused() -> None:
    with pytest.raises(ValueError, match=r"balance: expected 'uncertainty' or None\. Received: 'gradnorm'"):
        model(balance="gradnorm")
    with pytest.raises(ValueError, match=r"error_focus: expected .* both heads\. Received: 1\.0"):
        model(("label",)).compile(error_focus=1.0)
    with pytest.raises(ValueError, match=r"pseudo_labels: expected .* both heads\. Received: the heads \['label'\]"):
        model(("label",)).compile(pseudo_labels=PseudoLabels())
    for arguments in ((0.0, 1.0), (1.5, 1.0), (0.9, 0.0)):
        with pytest.raises(ValueError, match=r"threshold, weight: expected a probability .* Received: "):
            PseudoLabels(*arguments)
    with pytest.raises(ValueError, match=r"heads: expected some of .* Received: \['lable'\]"):
        UncertaintyWeights(["lable"])
