import keras
import numpy as np
import pytest

from kerasae.recipe import LossRecipe
from kerasae.recipe.loading import parse
from kerasae.training.compiling import losses
from kerasae.utils.errors import RequestError

ROWS = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]], np.float32)
SAID = np.array([[0.2, 0.5, 0.3], [0.9, 0.05, 0.05]], np.float32)


def label_loss(**recipe: object) -> keras.losses.Loss:
    return losses(LossRecipe(**recipe), ("label",), None, np.ones(3, np.float32))["label"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("categorical_crossentropy", -np.log([0.5, 0.9])),
        ("binary_crossentropy", -np.mean(ROWS * np.log(SAID) + (1 - ROWS) * np.log(1 - SAID), axis=1)),
        ("mean_squared_error", np.mean((SAID - ROWS) ** 2, axis=1)),
        ("mean_absolute_error", np.mean(np.abs(SAID - ROWS), axis=1)),
    ],
)
def test_label_losses_give_one_value_a_image(name: str, expected: np.ndarray) -> None:
    # Keras keeps probabilities 1e-7 from 0 and 1.
    np.testing.assert_allclose(label_loss(label=name).call(ROWS, SAID), expected, rtol=1e-5)


def test_the_loss_is_of_the_probabilities_in_a_model_too() -> None:
    """Keras remembers the logits behind a softmax, and would take them for those of sigmoids."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Softmax()])
    model.compile(loss=label_loss(label="binary_crossentropy"))
    expected = -np.mean(ROWS * np.log(SAID) + (1 - ROWS) * np.log(1 - SAID))
    assert model.evaluate(np.log(SAID), ROWS, verbose=0) == pytest.approx(expected, rel=1e-5)


def test_smoothing_is_for_cross_entropies() -> None:
    assert label_loss(label_smoothing=0.1).label_smoothing == 0.1
    with pytest.raises(RequestError, match=r"loss: expected label_smoothing 0 where .* Received: 0\.1 and 'mean_squ"):
        parse({"loss": {"label": "mean_squared_error", "label_smoothing": 0.1}})
