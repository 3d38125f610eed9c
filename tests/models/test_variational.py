"""Variational models of every family, and their loss against NumPy."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasae.layers import GaussianLatent
from kerasae.models import ENCODERS, JointAutoencoder, build
from kerasae.models.objective import elbo_weight
from kerasae.recipe import HEADS, ModelRecipe, Spec, Variational
from kerasae.utils.errors import RequestError

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (12, 20, 20, 1), dtype=np.uint8)
ROWS = np.eye(3, dtype=np.float32)[np.arange(12) % 3] * (np.arange(12) % 4 > 0)[:, None]
TARGETS = {"reconstruction": IMAGES.astype(np.float32) / 255, "label": ROWS}
WEIGHTS = {"reconstruction": np.ones(12, np.float32), "label": ROWS.sum(1)}


def model(
    encoder: str = "strided", heads: tuple = HEADS, latent_dim: int | None = None, **more: object
) -> JointAutoencoder:
    keras.utils.set_random_seed(1)
    small = {"mlp": {"units": [4, 8]}, "nasnet": {"stem": 4, "filters": [4]}}
    widths = {key: {"filters": [4, 8]} for key in ("baseline", "inception", "prototype", "residual", "vgg")}
    options = {**widths, **small}.get(encoder, {})
    recipe = ModelRecipe(encoder=Spec(name=encoder, **options), variational=Variational(latent_dim=latent_dim), **more)
    return build(recipe, (20, 20, 1), 3, heads)


@pytest.mark.parametrize("encoder", ENCODERS.names)
def test_every_family_can_be_variational(encoder: str, tmp_path: Path) -> None:
    joint = model(encoder)
    assert joint.terms == (*joint.heads, "kl_divergence")
    assert set(joint.heads) == set(HEADS)
    joint.compile()
    joint.fit(IMAGES, TARGETS, sample_weight=WEIGHTS, batch_size=6, verbose=0)
    joint.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    outputs, others = joint.predict(IMAGES, verbose=0), again.predict(IMAGES, verbose=0)
    assert set(outputs) == {*HEADS, "kl_divergence"}
    for name, values in outputs.items():
        np.testing.assert_array_equal(values, others[name])
    assert again.count_params() == joint.count_params()


def test_the_parts_are_usable_alone() -> None:
    joint = model(latent_dim=5)
    scaled = TARGETS["reconstruction"]
    latent, mean, log_variance = joint.posterior.predict(scaled, verbose=0)
    np.testing.assert_array_equal(joint.encoder.predict(scaled, verbose=0), mean)
    np.testing.assert_array_equal(latent, mean)
    assert log_variance.shape == (12, 5)
    drawn = joint.decoder.predict(RANDOM.normal(size=(4, 5)), verbose=0)
    assert drawn.shape == (4, 20, 20, 1)
    joint.encoder.trainable = False
    assert not any("gaussian" in weight.path for weight in joint.trainable_weights)


def test_a_linear_latent_makes_way() -> None:
    joint = model()
    names = [layer.name for layer in joint.encoder.layers]
    assert "latent_vector" not in names
    assert joint.encoder.output_shape == (None, 14)
    assert joint.encoder.get_layer("gaussian_latent").mean.kernel.shape == (64, 14)


def test_the_bound_a_pixel_value_is_the_default() -> None:
    joint = model()
    joint.encoder.get_layer("gaussian_latent").log_variance.bias.assign(np.linspace(-1, 1, 14))
    joint.compile()
    logs = joint.evaluate(IMAGES, TARGETS, sample_weight=WEIGHTS, batch_size=5, return_dict=True, verbose=0)
    _, mean, log_variance = joint.posterior.predict(TARGETS["reconstruction"], verbose=0)
    divergence = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(1)
    assert logs["kl_divergence"] == pytest.approx(divergence.mean(), rel=1e-5)  # images without label included
    plain = logs["reconstruction_loss"] + logs["label_loss"]
    assert logs["loss"] == pytest.approx(plain + divergence.mean() / 400, rel=1e-5)
    assert elbo_weight((20, 20, 1)) == 1 / 400
    weight = keras.Variable(0.0)
    joint.compile(loss_weights={"kl_divergence": weight})
    logs = joint.evaluate(IMAGES, TARGETS, sample_weight=WEIGHTS, return_dict=True, verbose=0)
    assert logs["loss"] == pytest.approx(logs["reconstruction_loss"] + logs["label_loss"], rel=1e-6)
    assert joint.effective_weights() == {"reconstruction": 1.0, "label": 1.0, "kl_divergence": 0.0}


@pytest.mark.parametrize("encoder", ["baseline", "mlp", "vgg", "prototype"])
def test_a_tied_model_can_be_variational(encoder: str) -> None:
    joint = model(encoder, tied=True)
    shared = {id(w) for w in joint.encoder.weights} & {id(w) for w in joint.decoder.weights}
    assert shared
    joint.compile()
    joint.fit(IMAGES, TARGETS, sample_weight=WEIGHTS, verbose=0)
    with pytest.raises(RequestError, match=r"model\.variational\.latent_dim: expected 8, since .* Received: 5"):
        model(encoder, tied=True, latent_dim=5)


def test_bfloat16_keeps_the_divergence_in_float32() -> None:
    low = build(
        ModelRecipe(encoder=Spec(name="strided"), variational=Variational()),
        (20, 20, 1),
        3,
        HEADS,
        None,
        "mixed_bfloat16",
    )
    high = model()
    high.set_weights(low.get_weights())
    assert low.encoder.compute_dtype == "bfloat16"
    one, other = (joint.predict(IMAGES, verbose=0)["kl_divergence"] for joint in (low, high))
    assert one.dtype == np.float32
    np.testing.assert_allclose(one, other, rtol=0.05)  # features of 8 significant bits, squared


def test_replicas_draw_differently() -> None:
    from kerasae.training import distribution

    strategy = distribution.strategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        layer = GaussianLatent(3, seed=1)
        layer.build((None, 4))

    @tf.function
    def draw() -> tf.Tensor:
        return strategy.run(lambda: layer(tf.zeros((5, 4)), training=True)[0])

    first, second = strategy.experimental_local_results(draw())
    assert np.abs(first - second).min() > 0
    third, _ = strategy.experimental_local_results(draw())
    assert np.abs(first - third).min() > 0
