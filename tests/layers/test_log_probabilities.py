from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from kerasae.layers import LogProbabilities


def test_softmax_gives_the_probabilities_back(tmp_path: Path) -> None:
    inputs = keras.Input((4,))
    keras.Model(inputs, LogProbabilities()(inputs)).save(tmp_path / "model.keras")
    logits = keras.saving.load_model(tmp_path / "model.keras")
    rows = np.array([[0.1, 0.2, 0.3, 0.4], [1, 0, 0, 0], [1e-30, 0.5, 0.5, 0]], np.float32)
    assert np.isfinite(logits(rows)).all()
    np.testing.assert_allclose(keras.ops.softmax(logits(rows)), rows, rtol=1e-5, atol=1e-37)


def test_a_sure_mistake_still_has_a_gradient() -> None:
    z = tf.Variable([[60.0, 0.0]])
    with tf.GradientTape() as tape:
        probabilities = tf.nn.softmax(LogProbabilities()(tf.nn.softmax(z)))
        loss = -tf.math.log(probabilities[0, 1])
    np.testing.assert_allclose(tape.gradient(loss, z), [[1, -1]], atol=1e-5)
