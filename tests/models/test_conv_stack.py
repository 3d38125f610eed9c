"""How classifiers gather the last map, and what their last layer is made of."""

import keras
import numpy as np
import pytest

from kerasae.models import CLASSIFIERS, build
from kerasae.models.blocks import Settings
from kerasae.recipe import ModelRecipe, Spec
from kerasae.utils.errors import RequestError

POOLING = [name for name in CLASSIFIERS.names if name not in ("conv1d", "latent", "residual")]


def classifier(name: str, latent_shape: tuple[int, ...], settings: Settings | None = None, **more: object):
    spec = Spec(name=name, **more)
    return CLASSIFIERS.build(spec, "model.classifier", latent_shape, 5, settings or Settings())


@pytest.mark.parametrize("name", POOLING)
@pytest.mark.parametrize(("pooling", "reduced"), [("average", np.mean), ("max", np.max)])
def test_global_pooling_of_a_map(name: str, pooling: str, reduced) -> None:
    head = classifier(name, (6, 4, 8), global_pooling=pooling)
    before = [layer for layer in head.layers if isinstance(layer, keras.layers.Flatten)]
    assert not before
    pooled = next(layer for layer in head.layers if "global" in layer.name)
    probe = keras.Model(head.input, [pooled.input, pooled.output])
    wide, narrow = probe(np.random.default_rng(0).normal(size=(2, 6, 4, 8)).astype(np.float32))
    np.testing.assert_allclose(narrow, reduced(np.asarray(wide), axis=(1, 2)), atol=1e-6)
    assert head.output_shape == (None, 5)


@pytest.mark.parametrize("name", POOLING)
def test_a_vector_cannot_be_pooled(name: str) -> None:
    assert classifier(name, (8,)).output_shape == (None, 5)
    with pytest.raises(RequestError, match=r"global_pooling: expected 'none'.* Received: 'max' and a latent \(8,\)"):
        classifier(name, (8,), global_pooling="max")


def test_lenet_with_global_average_pooling_alone() -> None:
    recipe = ModelRecipe(encoder=Spec(name="lenet"), classifier=Spec(name="lenet", dense=[], global_pooling="average"))
    assert build(recipe, (28, 28, 1), 10, ("label",)).classifier.count_params() == 16 * 10 + 10


@pytest.mark.parametrize("name", [name for name in CLASSIFIERS.names if name != "latent"])
def test_l1_and_l2_reach_every_kernel_of_a_classifier(name: str) -> None:
    head = classifier(name, (4, 4, 8), Settings(l1=1e-3, l2=2e-3))
    head(np.zeros((1, 4, 4, 8), np.float32))
    kernels = [np.asarray(weight) for weight in head.weights if weight.name == "kernel"]
    expected = sum(1e-3 * np.abs(kernel).sum() + 2e-3 * np.square(kernel).sum() for kernel in kernels)
    assert float(sum(head.losses)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("initializer", "last"),
    [
        ("he_normal", keras.initializers.GlorotUniform),
        ("he_uniform", keras.initializers.GlorotUniform),
        ("random_normal", keras.initializers.RandomNormal),
        ("random_uniform", keras.initializers.RandomUniform),
    ],
)
def test_logits_begin_as_all_layers_but_for_he(initializer: str, last: type) -> None:
    # A classifier of one layer is its logits.
    head = classifier("mlp", (9,), Settings(initializer=initializer), dense=[])
    assert type(head.get_layer("logits").kernel_initializer) is last
