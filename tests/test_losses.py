import keras
import numpy as np
import pytest

from kerasae.losses import ReconstructionLoss

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
    scaled = [(pictures - mean) / deviation for pictures in (true, predicted)]
    loss = ReconstructionLoss(name, deviation.tolist())(true, predicted)
    np.testing.assert_allclose(loss, ReconstructionLoss(name)(*scaled), rtol=1e-5)
    with pytest.raises(ValueError, match=r"deviation: expected None with binary_crossentropy\. Received: \(1,\)"):
        ReconstructionLoss("binary_crossentropy", (1,))


def test_config_round_trips() -> None:
    loss = ReconstructionLoss("huber", [0.5], reduction="sum", name="other")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert again.get_config() == loss.get_config()
    np.testing.assert_array_equal(again(TRUE, PREDICTED), loss(TRUE, PREDICTED))
