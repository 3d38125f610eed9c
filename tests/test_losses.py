import keras
import numpy as np
import pytest

from kerasae.losses import LabelLoss, ReconstructionLoss

RANDOM = np.random.default_rng(0)
TRUE, PREDICTED = RANDOM.random((2, 5, 4, 3, 1), dtype=np.float32)


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("mean_squared_error", lambda t, p: (t - p) ** 2),
        ("mean_absolute_error", lambda t, p: abs(t - p)),
        ("huber", lambda t, p: np.where(abs(t - p) <= 0.1, 0.5 * (t - p) ** 2, 0.1 * (abs(t - p) - 0.05))),
        ("binary_crossentropy", lambda t, p: -(t * np.log(p) + (1 - t) * np.log(1 - p))),
    ],
)
def test_weighted_sum_over_batch_size(name: str, reference: object) -> None:
    weights = np.array([0, 1, 2, 0.5, 3], np.float32)
    expected = np.sum(weights * reference(TRUE, PREDICTED).mean(axis=(1, 2, 3))) / 5
    np.testing.assert_allclose(ReconstructionLoss(name)(TRUE, PREDICTED, weights), expected, rtol=1e-5)


def test_unknown_pixel_loss_is_refused() -> None:
    with pytest.raises(ValueError, match=r"pixel_loss: expected one of .*huber.*Received: 'hubert'"):
        ReconstructionLoss("hubert")


@pytest.mark.parametrize("name", ["mean_squared_error", "mean_absolute_error", "huber"])
def test_a_deviation_measures_on_the_standardized_scale(name: str) -> None:
    true, predicted = RANDOM.random((2, 5, 4, 3, 3), dtype=np.float32)
    mean, deviation = np.array([0.3, 0.5, 0.6], np.float32), np.array([0.1, 0.2, 0.5], np.float32)
    scaled = [(images - mean) / deviation for images in (true, predicted)]
    loss = ReconstructionLoss(name, deviation.tolist())(true, predicted)
    np.testing.assert_allclose(loss, ReconstructionLoss(name)(*scaled), rtol=1e-5)
    with pytest.raises(ValueError, match=r"deviation: expected None with binary_crossentropy\. Received: \(1,\)"):
        ReconstructionLoss("binary_crossentropy", (1,))


ROWS = np.array([[0.5, 0.5], [0.8, 0.2], [1, 0], [0, 1], [0, 0]], np.float32)
ANSWERS = np.array([[0.9, 0.1], [0.3, 0.7], [0.6, 0.4], [0.9, 0.1], [0.5, 0.5]], np.float32)


def test_class_weights_act_on_each_entry_of_a_mixed_row() -> None:
    loss = LabelLoss(class_weights=[1, 9], reduction=None)
    np.testing.assert_allclose(loss(ROWS, ANSWERS), -(ROWS * [1, 9] * np.log(ANSWERS)).sum(1), rtol=1e-5)
    # The value that PyTorch 2.13 gives: CrossEntropyLoss(weight=[1, 9], reduction="sum") of log [.9, .1] and [.5, .5].
    assert float(loss(ROWS[:1], ANSWERS[:1] * 0 + [0.9, 0.1])[0]) == pytest.approx(10.4143, abs=1e-4)


def test_class_weights_act_on_smoothed_rows() -> None:
    smoothed = ROWS * 0.8 + 0.1
    loss = LabelLoss(class_weights=[1, 9], label_smoothing=0.2, reduction=None)
    np.testing.assert_allclose(loss(ROWS, ANSWERS), -(smoothed * [1, 9] * np.log(ANSWERS)).sum(1), rtol=1e-5)
    plain = keras.losses.CategoricalCrossentropy(label_smoothing=0.2, reduction=None)
    np.testing.assert_allclose(loss.unweighted()(ROWS[:4], ANSWERS[:4]), plain(ROWS[:4], ANSWERS[:4]), rtol=1e-5)


@pytest.mark.parametrize("name", ["binary_crossentropy", "mean_squared_error", "mean_absolute_error"])
def test_other_label_losses_count_the_mean_weight_of_the_row(name: str) -> None:
    reference = keras.losses.get(name)(ROWS, ANSWERS)
    loss = LabelLoss(name, class_weights=[1, 9], reduction=None)
    np.testing.assert_allclose(loss(ROWS, ANSWERS), reference * (ROWS @ [1, 9]), rtol=1e-4)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_the_gradient_behind_a_softmax_is_that_of_the_weighted_sum(jit_compile: bool) -> None:
    import tensorflow as tf

    logits = tf.Variable(RANDOM.normal(size=(5, 2)).astype(np.float32))
    loss = LabelLoss(class_weights=[1, 9], label_smoothing=0.1, reduction="sum")

    @tf.function(jit_compile=jit_compile)
    def gradient() -> tf.Tensor:
        with tf.GradientTape() as tape:
            value = loss(ROWS, keras.ops.softmax(logits))
        return tape.gradient(value, logits)

    rows = (ROWS * 0.9 + 0.05) * [1, 9]
    expected = keras.ops.softmax(logits) * rows.sum(1, keepdims=True) - rows
    np.testing.assert_allclose(gradient(), expected, atol=1e-5)


def test_wrong_label_losses_are_refused() -> None:
    with pytest.raises(ValueError, match=r"label_loss: expected one of categorical.*Received: 'focal'"):
        LabelLoss("focal")
    with pytest.raises(ValueError, match=r"label_smoothing: expected .* Received: 0\.1 and 'mean_squared_error'"):
        LabelLoss("mean_squared_error", label_smoothing=0.1)
    with pytest.raises(ValueError, match=r"class_weights: expected numbers from 0\. Received: \[1, -1\]"):
        LabelLoss(class_weights=[1, -1])


@pytest.mark.parametrize(
    "loss",
    [
        ReconstructionLoss("huber", [0.5], reduction="sum", name="other"),
        LabelLoss("binary_crossentropy", [1, 2, 3], 0.1, reduction="sum", name="other"),
    ],
)
def test_config_round_trips(loss: keras.losses.Loss) -> None:
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert again.get_config() == loss.get_config()
    arguments = (TRUE, PREDICTED) if isinstance(loss, ReconstructionLoss) else (TRUE[0, :, :, 0], PREDICTED[0, :, :, 0])
    np.testing.assert_array_equal(again(*arguments), loss(*arguments))
