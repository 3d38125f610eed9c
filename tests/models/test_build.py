import keras
import numpy as np
import pytest

from kerasae.errors import RequestError
from kerasae.models import CLASSIFIERS, DECODERS, ENCODERS, build, check
from kerasae.recipe import HEADS, ModelRecipe, Spec


@pytest.mark.parametrize(
    ("encoder", "latent"), [("baseline", (8, 8, 48)), ("prototype", (4, 4, 48)), ("vgg", (8, 8, 64))]
)
def test_latents_of_32x32_are_the_studies(encoder: str, latent: tuple[int, ...]) -> None:
    assert build(ModelRecipe(encoder=Spec(name=encoder)), (32, 32, 3), 10, HEADS).encoder.output_shape[1:] == latent


@pytest.mark.parametrize("encoder", ENCODERS.names)
@pytest.mark.parametrize("decoder", [*DECODERS.names, "tied"])
@pytest.mark.parametrize("shape", [(8, 16, 1), (24, 24, 3), (40, 8, 3)])
def test_every_family_takes_every_shape_that_divides(encoder: str, decoder: str, shape: tuple[int, int, int]) -> None:
    tied = decoder == "tied"
    recipe = ModelRecipe(
        encoder=Spec(name=encoder), decoder=None if tied else Spec(name=decoder), tied=tied, dropout=0.1
    )
    check(recipe)
    model = build(recipe, shape, 3, HEADS)
    assert dict(zip(model.heads, model.output_shape, strict=True)) == {
        "label": (None, 3),
        "reconstruction": (None, *shape),
    }


@pytest.mark.parametrize("encoder", ["baseline", "vgg"])
def test_mnists_28x28_needs_no_padding(encoder: str) -> None:
    assert build(ModelRecipe(encoder=Spec(name=encoder)), (28, 28, 1), 10, HEADS).encoder.output_shape[1:3] == (7, 7)


def test_settings_reach_every_part() -> None:
    model = build(ModelRecipe(activation="elu", l1=0.1, l2=0.2, initializer="random_normal"), (8, 8, 1), 3, HEADS)
    layers = [layer for part in (model.encoder, model.decoder, model.classifier) for layer in part.layers]
    kernels = [layer for layer in layers if getattr(layer, "kernel", None) is not None and layer.name != "logits"]
    assert all(isinstance(layer.kernel_initializer, keras.initializers.RandomNormal) for layer in kernels)
    factors = {(float(layer.kernel_regularizer.l1), float(layer.kernel_regularizer.l2)) for layer in kernels}
    assert [one for pair in factors for one in pair] == pytest.approx([0.1, 0.2])
    activations = {layer.activation.__name__ for layer in layers if isinstance(layer, keras.layers.Activation)}
    assert activations == {"elu", "sigmoid"}


def test_a_tied_kernel_is_regularized_once() -> None:
    model = build(ModelRecipe(tied=True, l2=1.0), (8, 8, 1), 3, ("reconstruction",))
    model(np.zeros((1, 8, 8, 1), np.uint8))
    kernels = {id(w): w for w in model.weights if w.name == "kernel"}
    assert float(sum(model.losses)) == pytest.approx(sum(float(np.square(w).sum()) for w in kernels.values()), rel=1e-5)


@pytest.mark.parametrize("classifier", CLASSIFIERS.names)
def test_every_classifier_ends_in_logits(classifier: str) -> None:
    recipe = ModelRecipe(classifier=Spec(name=classifier, dense=[]))
    assert build(recipe, (16, 16, 1), 7, ("label",)).classifier.layers[-1].name == "logits"


def test_sides_that_do_not_divide_are_refused_with_the_ones_that_would() -> None:
    with pytest.raises(RequestError, match=r"expected sides in multiples of 4\. Received: 30x33; set .* \[32, 32, 3\]"):
        build(ModelRecipe(), (30, 33, 3), 10, HEADS)


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ({"encoder": "vg"}, r"expected encoder baseline, prototype, vgg\. Received: 'vg'\. Did you mean 'vgg'\?"),
        (
            {"encoder": {"name": "vgg", "filter": [3]}},
            r"unknown key 'model\.encoder\.filter'.* Did you mean 'filters'\?",
        ),
        (
            {"encoder": {"name": "vgg", "filters": [8, 0]}},
            r"model\.encoder\.filters\.1: expected greater than 0\. Received: 0",
        ),
        (
            {"encoder": {"name": "vgg", "filters": "8"}},
            r"model\.encoder\.filters: expected a valid list\. Received: '8'",
        ),
        ({"decoder": "baselin"}, r"expected decoder .* Did you mean 'baseline'\?"),
        ({"classifier": {"name": "vgg", "dropout": 1.0}}, r"model\.classifier\.dropout: expected less than 1"),
        ({"tied": True, "decoder": "vgg"}, r"model\.tied: expected no model\.decoder"),
    ],
)
def test_wrong_names_and_options_are_refused_before_data_is_read(recipe: dict, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        check(ModelRecipe.model_validate(recipe))
