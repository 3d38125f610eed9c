import keras
import numpy as np
import pytest

from kerasae.layers import PixelScale

MEAN, DEVIATION = [0.2, 0.9], [0.5, 0.1]
IMAGES = np.random.default_rng(0).normal(size=(4, 3, 5, 2)).astype(np.float32)


def test_undoes_a_normalization_and_is_cut_off_outside_training() -> None:
    standardize = keras.layers.Normalization(mean=MEAN, variance=np.square(DEVIATION))
    layer = PixelScale(MEAN, DEVIATION)
    np.testing.assert_allclose(layer(standardize(IMAGES), training=True), IMAGES, atol=1e-6)
    np.testing.assert_allclose(layer(standardize(IMAGES)), IMAGES.clip(0, 1), atol=1e-6)
    assert IMAGES.min() < 0 < 1 < IMAGES.max()


@pytest.mark.parametrize("deviation", [[0.5], [0.5, 0.0]])
def test_a_deviation_for_each_mean(deviation: list[float]) -> None:
    with pytest.raises(ValueError, match=r"deviation: expected one above 0 for each of 2 means\. Received: \(0\.5,"):
        PixelScale(MEAN, deviation)
