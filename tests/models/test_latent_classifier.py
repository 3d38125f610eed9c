import keras
import numpy as np
import pytest

from kerasae.models import JointAutoencoder, build
from kerasae.recipe import HEADS, ModelRecipe, Spec
from kerasae.utils.errors import RequestError

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 12, 12, 1), dtype=np.uint8)


def model(latent: str = "softmax", latent_dim: int = 3, precision: str = "float32") -> JointAutoencoder:
    encoder = Spec(name="strided", latent=latent, latent_dim=latent_dim)
    return build(
        ModelRecipe(encoder=encoder, classifier=Spec(name="latent")), (12, 12, 1), 3, HEADS, precision=precision
    )


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_the_class_output_is_the_latent(precision: str) -> None:
    joint = model(precision=precision)
    latent = joint.encoder.predict(IMAGES / np.float32(255), verbose=0)
    np.testing.assert_allclose(latent.sum(1), 1, atol=1e-5)
    np.testing.assert_allclose(joint.predict(IMAGES, verbose=0)["label"], latent, atol=1e-5)
    assert joint.classifier.count_params() == 0


def test_labels_teach_the_encoder_through_it() -> None:
    keras.utils.set_random_seed(0)
    joint, classes = model(), np.arange(12) % 3
    images = (IMAGES // 4 + 60 * classes[:, None, None, None]).astype(np.uint8)
    joint.compile(keras.optimizers.Adam(0.01), jit_compile=False)
    joint.fit(
        *(images, {"reconstruction": images / 255, "label": np.eye(3, dtype=np.float32)[classes]}),
        epochs=60,
        verbose=0,
    )
    assert (joint.predict(images, verbose=0)["label"].argmax(1) == classes).all()


@pytest.mark.parametrize(
    ("latent", "latent_dim", "message"),
    [
        ("linear", 3, r"expected an encoder that ends in a softmax\. Received: one that ends in 'latent_vector'"),
        ("softmax", 10, r"expected a latent of 3 entries, one a class\. Received: \(10,\); set .*latent_dim to 3"),
    ],
)
def test_a_latent_that_is_no_class_output_is_refused(latent: str, latent_dim: int, message: str) -> None:
    with pytest.raises(RequestError, match=rf"model\.classifier: 'latent' takes the latent.*{message}"):
        model(latent, latent_dim)
