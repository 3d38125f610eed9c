from pathlib import Path

import keras
import numpy as np

from kerasae.layers import NegativeProduct


def test_images_and_negatives_give_the_same_product(tmp_path: Path) -> None:
    inputs = keras.Input((4, 4, 1))
    keras.Model(inputs, NegativeProduct(name="product")(inputs)).save(tmp_path / "model.keras")
    model = keras.saving.load_model(tmp_path / "model.keras")
    images = np.linspace(0, 1, 32, dtype=np.float32).reshape(2, 4, 4, 1)
    np.testing.assert_allclose(model(images), images - images**2, atol=1e-7)
    np.testing.assert_allclose(model(1 - images), model(images), atol=1e-7)
