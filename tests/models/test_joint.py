"""The joint model: its losses against NumPy, its parts, and what survives saving."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasae.layers import TiedDense, Transposed
from kerasae.losses import ReconstructionLoss
from kerasae.models import JointAutoencoder, build
from kerasae.recipe import HEADS, ModelRecipe, Spec

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (21, 8, 8, 3), dtype=np.uint8)
ROWS = np.eye(4, dtype=np.float32)[np.arange(21) % 4]
ROWS[::5] = 0  # unlabelled
CLASS_WEIGHTS = np.array([0.5, 1, 2, 4], np.float32)


def model(tied: bool = False, encoder: str = "baseline", heads: tuple = HEADS, **more: object) -> JointAutoencoder:
    keras.utils.set_random_seed(1)
    options = {"units": [6, 8]} if encoder == "mlp" else {"filters": [6, 8]}
    recipe = ModelRecipe(encoder=Spec(name=encoder, **options), tied=tied, **more)
    return build(recipe, (8, 8, 3), 4, heads)


def dataset(batch_size: int = 8) -> tf.data.Dataset:
    weights = {"reconstruction": np.ones(21, np.float32), "label": ROWS @ CLASS_WEIGHTS}
    targets = {"reconstruction": IMAGES.astype(np.float32) / 255, "label": ROWS}
    return tf.data.Dataset.from_tensor_slices((IMAGES, targets, weights)).batch(batch_size)


def test_losses_equal_numpy_over_uneven_batches() -> None:
    joint = model()
    joint.compile(loss_weights={"reconstruction": 0.25, "label": keras.Variable(3.0)})
    logs = joint.evaluate(dataset(), return_dict=True, verbose=0)
    outputs = joint.predict(IMAGES, verbose=0)
    reconstruction = np.square(outputs["reconstruction"] - IMAGES / 255.0).mean()
    label = (-(ROWS * np.log(outputs["label"])).sum(1) * (ROWS @ CLASS_WEIGHTS)).sum() / 21
    labelled = ROWS.any(1)
    accuracy = (outputs["label"].argmax(1) == ROWS.argmax(1))[labelled].mean()
    expected = {
        "reconstruction_loss": reconstruction,
        "label_loss": label,
        "loss": 0.25 * reconstruction + 3 * label,
        "label_accuracy": accuracy,
    }
    assert logs == pytest.approx(expected, rel=1e-5)


def test_a_loss_weight_changes_without_compiling_anew() -> None:
    joint, weight = model(), keras.Variable(1.0)
    joint.compile(loss_weights={"label": weight})
    first = joint.evaluate(dataset(), return_dict=True, verbose=0)
    weight.assign(0.0)
    second = joint.evaluate(dataset(), return_dict=True, verbose=0)
    assert first["loss"] > second["loss"]
    assert second["loss"] == pytest.approx(second["reconstruction_loss"])


def test_one_head_may_be_trained_alone() -> None:
    joint = model()
    joint.decoder.trainable = False
    joint.compile(loss={"label": "categorical_crossentropy"})
    logs = joint.fit(IMAGES, {"label": ROWS}, verbose=0).history
    assert set(logs) == {"loss", "label_loss", "label_accuracy"}
    both = joint.evaluate(dataset(), return_dict=True, verbose=0)
    assert set(both) == set(logs)  # no error is told of a head that has no loss


def test_keras_own_pixel_loss_works_with_weights() -> None:
    ours, theirs = model(), model()
    ours.compile(loss={"reconstruction": ReconstructionLoss(), "label": "categorical_crossentropy"})
    theirs.compile(loss={"reconstruction": "mse", "label": "categorical_crossentropy"})
    assert ours.evaluate(dataset(), verbose=0) == pytest.approx(theirs.evaluate(dataset(), verbose=0), rel=1e-6)


def test_unlabelled_images_have_no_gradient_on_the_classifier() -> None:
    joint = model()
    joint.compile()
    unlabelled = IMAGES[::5]
    targets = {"reconstruction": unlabelled / 255.0, "label": np.zeros((len(unlabelled), 4), np.float32)}
    weights = {"reconstruction": np.ones(len(unlabelled)), "label": np.zeros(len(unlabelled))}
    with tf.GradientTape(persistent=True) as tape:
        loss = joint.compute_loss(y=targets, y_pred=joint(unlabelled, training=True), sample_weight=weights)
    classifier = [g for g in tape.gradient(loss, joint.classifier.trainable_variables) if g is not None]
    assert all(not np.any(g) for g in classifier)
    assert all(np.any(g) for g in tape.gradient(loss, joint.decoder.trainable_variables[-2:]))


def test_a_sure_mistake_still_has_a_gradient() -> None:
    # Cross-entropy from clipped probabilities would have none: the loss must reach the logits behind the softmax.
    joint = model()
    joint.compile()
    logits = joint.classifier.get_layer("logits")
    logits.kernel.assign(logits.kernel * 1e4)
    with tf.GradientTape() as tape:
        outputs = joint(IMAGES, training=False)
        weights = {"reconstruction": np.ones(21), "label": np.ones(21)}
        loss = joint.compute_loss(
            y={"reconstruction": IMAGES / 255.0, "label": ROWS}, y_pred=outputs, sample_weight=weights
        )
    assert float(loss) > 50
    assert np.abs(tape.gradient(loss, logits.bias)).max() > 0.01


@pytest.mark.parametrize("encoder", ["baseline", "mlp", "vgg"])
def test_tied_model_shares_kernels_and_survives_saving(encoder: str, tmp_path: Path) -> None:
    joint, untied = model(True, encoder, standardize=True), model(False, encoder)
    encoder_kernels = sum(int(np.prod(w.shape)) for w in joint.encoder.weights if w.name == "kernel")
    assert joint.count_params() < untied.count_params()
    shared = {id(w) for w in joint.encoder.trainable_weights} & {id(w) for w in joint.decoder.trainable_weights}
    assert (
        sum(int(np.prod(w.shape)) for w in joint.weights if id(w) in shared and w.name == "kernel") == encoder_kernels
    )
    joint.compile(keras.optimizers.SGD(0.1))
    joint.fit(dataset(), epochs=1, verbose=0, shuffle=False)
    joint.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.count_params() == joint.count_params()
    np.testing.assert_array_equal(again.predict(IMAGES, verbose=0)["label"], joint.predict(IMAGES, verbose=0)["label"])
    # Still tied: one layer in both directions, and training moves it.
    ties = [layer for layer in again.decoder.layers if isinstance(layer, Transposed)]
    assert ties
    assert all(tie.layer is again.encoder.get_layer(tie.layer.name) for tie in ties)
    before = ties[0].layer.kernel.numpy()
    again.fit(dataset(), epochs=1, verbose=0, shuffle=False)
    assert np.abs(again.encoder.get_layer(ties[0].layer.name).kernel - before).max() > 0


@pytest.mark.parametrize("heads", [("reconstruction",), ("label",)])
def test_a_head_left_out_is_not_built(heads: tuple) -> None:
    joint = model(heads=heads)
    assert joint.heads == heads
    assert set(joint.predict(IMAGES, verbose=0)) == set(heads)
    assert (joint.decoder is None, joint.classifier is None) == ("reconstruction" not in heads, "label" not in heads)


def test_config_lists_every_argument() -> None:
    joint = model()
    again = JointAutoencoder.from_config(joint.get_config())
    assert again.get_config() == joint.get_config()
    again.set_weights(joint.get_weights())
    np.testing.assert_array_equal(again.predict(IMAGES, verbose=0)["label"], joint.predict(IMAGES, verbose=0)["label"])


def test_outputs_are_float32_in_range_in_mixed_precision() -> None:
    joint = build(ModelRecipe(), (8, 8, 3), 4, HEADS, precision="mixed_bfloat16")
    outputs = joint.predict(IMAGES, verbose=0)
    assert {array.dtype for array in outputs.values()} == {np.dtype(np.float32)}
    assert outputs["reconstruction"].min() >= 0
    assert outputs["reconstruction"].max() <= 1
    np.testing.assert_allclose(outputs["label"].sum(1), 1, atol=1e-5)
    assert joint.encoder.compute_dtype == "bfloat16"
    assert keras.config.dtype_policy().name == "float32"


def test_parts_that_do_not_meet_are_refused() -> None:
    joint, other = model(), build(ModelRecipe(), (16, 16, 3), 4, HEADS)
    with pytest.raises(ValueError, match="at least one of them"):
        JointAutoencoder(joint.encoder)
    with pytest.raises(ValueError, match=r"classifier: expected a model whose input is the latent \(2, 2, 8\)"):
        JointAutoencoder(joint.encoder, classifier=other.classifier)
    with pytest.raises(ValueError, match=r"expected heads of \['label', 'reconstruction'\]\. Received: \['lable'\]"):
        joint.compile(loss_weights={"lable": 1.0})


def nested() -> JointAutoencoder:
    """A model whose encoder runs a tied layer inside a model of its own."""
    tied = TiedDense(4, 8, name="t0")
    inner = keras.Input((8,))
    block = keras.Model(inner, keras.layers.Dense(4)(tied(inner)), name="block")
    images = keras.Input((2, 4, 1))
    encoder = keras.Model(images, block(keras.layers.Flatten()(images)), name="encoder")
    latent = keras.Input((4,))
    decoded = keras.layers.Reshape((2, 4, 1))(Transposed(tied)(latent))
    return JointAutoencoder(encoder, keras.Model(latent, keras.layers.Activation("sigmoid")(decoded), name="decoder"))


def test_a_tie_inside_a_model_of_the_encoder_reloads(tmp_path: Path) -> None:
    before = nested()
    before.save(tmp_path / "model.keras")
    after = keras.saving.load_model(tmp_path / "model.keras")
    assert len(after.trainable_weights) == len(before.trainable_weights) == 5
    images = np.arange(16, dtype=np.uint8).reshape(2, 2, 4, 1)
    answers = [joint.predict(images, verbose=0)["reconstruction"] for joint in (before, after)]
    np.testing.assert_array_equal(*answers)


def test_names_that_would_tie_another_layer_are_refused() -> None:
    layers = [TiedDense(8, 8, name="t0"), TiedDense(8, 8, name="t0")]
    images = keras.Input((2, 4, 1))
    x = keras.layers.Flatten()(images)
    for layer in layers:
        inner = keras.Input((8,))
        x = keras.Model(inner, layer(inner))(x)
    latent = keras.Input((8,))
    decoder = keras.Model(latent, keras.layers.Reshape((2, 4, 1))(Transposed(layers[0])(latent)))
    with pytest.raises(ValueError, match="expected the layer 't0', which it runs backwards, to be the encoder's only"):
        JointAutoencoder(keras.Model(images, x), decoder)


@pytest.mark.parametrize("recursive", [False, True])
def test_a_clone_is_tied_as_its_model_is(recursive: bool) -> None:
    def again(layer: keras.layers.Layer) -> keras.layers.Layer:
        return type(layer).from_config(layer.get_config())

    for tied in (model(tied=True), model(tied=True, encoder="mlp"), nested()):
        options = {"clone_function": again, "recursive": True} if recursive else {}
        clone = keras.models.clone_model(tied, **options)
        assert clone.count_params() == tied.count_params()
        weights = {id(weight) for weight in clone.weights}
        assert len(weights) == len(tied.weights)
        assert not weights & {id(weight) for weight in tied.weights}
