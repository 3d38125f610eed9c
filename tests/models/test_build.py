import keras
import numpy as np
import pytest

from kerasae.models import CLASSIFIERS, DECODERS, ENCODERS, build, check
from kerasae.models.build import part_of
from kerasae.recipe import HEADS, ModelRecipe, Spec
from kerasae.utils.errors import RequestError


@pytest.mark.parametrize(
    ("encoder", "latent"), [("baseline", (8, 8, 48)), ("prototype", (4, 4, 48)), ("vgg", (8, 8, 64))]
)
def test_latents_of_32x32_are_the_studies(encoder: str, latent: tuple[int, ...]) -> None:
    assert build(ModelRecipe(encoder=Spec(name=encoder)), (32, 32, 3), 10, HEADS).encoder.output_shape[1:] == latent


@pytest.mark.parametrize(
    ("encoder", "decoder", "classifier"),
    [("vgg", "vgg", "vgg"), ("residual", "subpixel", "residual"), ("strided", "strided", "baseline")],
)
def test_a_part_without_a_name_is_the_one_that_comes_with_the_encoder(
    encoder: str, decoder: str, classifier: str
) -> None:
    for given in ({}, {"decoder": {"filters": 4}, "classifier": {"dropout": 0.2}}):
        recipe = ModelRecipe.model_validate({"encoder": encoder, **given})
        assert part_of(recipe, "decoder") == Spec(name=decoder, **given.get("decoder", {}))
        assert part_of(recipe, "classifier") == Spec(name=classifier, **given.get("classifier", {}))
        assert recipe.model_dump(include={"decoder", "classifier"}, exclude_none=True) == given


CONVOLUTIONAL = ["baseline", "inception", "prototype", "residual", "vgg"]
TIED = [name for name in ENCODERS.names if ENCODERS.traits(name).can_be_tied]


@pytest.mark.parametrize(
    ("encoder", "decoder"),
    [
        *((encoder, name) for encoder in CONVOLUTIONAL for name in DECODERS.names if name != "strided"),
        *((encoder, "tied") for encoder in TIED),
    ],
)
@pytest.mark.parametrize("shape", [(8, 16, 1), (24, 24, 3), (40, 8, 3)])
def test_every_family_takes_every_shape_that_divides(encoder: str, decoder: str, shape: tuple[int, int, int]) -> None:
    # `strided` takes other sides: see test_strided_sides_come_back.
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


@pytest.mark.parametrize("encoder", ENCODERS.names)
@pytest.mark.parametrize("classifier", [None, *(name for name in CLASSIFIERS.names if name != "latent")])
def test_every_classifier_takes_every_latent(encoder: str, classifier: str | None) -> None:
    # `latent` takes softmaxes alone: see its own test. 20 divides by 4, is 4 more than a multiple of 8, and is enough
    # for two 5x5 convolutions.
    options = {"filters": [4, 8]} if encoder == "prototype" else {}
    recipe = ModelRecipe(encoder=Spec(name=encoder, **options), classifier=classifier and Spec(name=classifier))
    model = build(recipe, (20, 20, 3), 4, HEADS)
    outputs = model(np.zeros((2, 20, 20, 3), np.uint8))
    assert outputs["label"].shape == (2, 4)
    assert outputs["reconstruction"].shape == (2, 20, 20, 3)


@pytest.mark.parametrize(("side", "small"), [(12, 1), (20, 2), (28, 3), (36, 4)])
def test_strided_sides_come_back(side: int, small: int) -> None:
    model = build(ModelRecipe(encoder=Spec(name="strided")), (side, side, 1), 10, HEADS)
    convolved = [layer.output.shape[1] for layer in model.encoder.layers if isinstance(layer, keras.layers.Conv2D)]
    assert convolved[-1] == small
    assert model.decoder.output_shape == (None, side, side, 1)
    if side == 28:
        assert convolved == [15, 8, 3]  # study D's
        assert model.encoder.output_shape == (None, 14)


@pytest.mark.parametrize(
    ("encoder", "shape", "message"),
    [
        ("strided", (32, 28, 3), r"Received: 32x28; set data\.image_shape to \[36, 28, 3\]"),
        ("strided", (4, 28, 3), r"set data\.image_shape to \[12, 28, 3\]"),
        ("lenet", (15, 28, 1), r"expected sides of at least 16\. Received: 15x28"),
    ],
)
def test_shapes_that_a_family_cannot_take_are_refused(encoder: str, shape: tuple[int, int, int], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        build(ModelRecipe(encoder=Spec(name=encoder)), shape, 10, HEADS)


@pytest.mark.parametrize("encoder", [name for name in ENCODERS.names if name not in TIED])
def test_families_without_a_mirror_refuse_the_tie(encoder: str) -> None:
    with pytest.raises(
        RequestError, match=rf"model\.tied: expected an encoder that has a mirror.* Received: '{encoder}'"
    ):
        build(ModelRecipe(encoder=Spec(name=encoder), tied=True), (28, 28, 1), 10, HEADS)


def test_the_features_of_mlp_with_and_without_batch_normalization() -> None:
    for normalize in (True, False):
        encoder = build(ModelRecipe(encoder=Spec(name="mlp", normalize=normalize)), (32, 32, 3), 10, HEADS).encoder
        assert encoder.output_shape == (None, 768)  # study B's
        assert any(isinstance(layer, keras.layers.BatchNormalization) for layer in encoder.layers) == normalize


def test_lenet_has_its_61706_parameters() -> None:
    # LeNet-5 on 32x32 grey images, every map of the first convolution seen by every one of the second.
    assert build(ModelRecipe(encoder=Spec(name="lenet")), (32, 32, 1), 10, ("label",)).count_params() == 61_706


@pytest.mark.parametrize("encoder", ["baseline", "vgg"])
def test_mnists_28x28_needs_no_padding(encoder: str) -> None:
    assert build(ModelRecipe(encoder=Spec(name=encoder)), (28, 28, 1), 10, HEADS).encoder.output_shape[1:3] == (7, 7)


def test_settings_reach_every_part() -> None:
    model = build(ModelRecipe(activation="elu", l1=0.1, l2=0.2, initializer="random_normal"), (8, 8, 1), 3, HEADS)
    layers = [layer for part in (model.encoder, model.decoder, model.classifier) for layer in part.layers]
    kernels = [layer for layer in layers if getattr(layer, "kernel", None) is not None and layer.name != "logits"]
    assert all(isinstance(layer.kernel_initializer, keras.initializers.RandomNormal) for layer in kernels)
    factors = {(float(layer.kernel_regularizer.l1), float(layer.kernel_regularizer.l2)) for layer in kernels}
    assert [factor for pair in factors for factor in pair] == pytest.approx([0.1, 0.2])
    activations = {layer.activation.__name__ for layer in layers if isinstance(layer, keras.layers.Activation)}
    assert activations == {"elu", "sigmoid"}


@pytest.mark.parametrize("encoder", ["baseline", "prototype", "vgg"])
def test_a_tied_decoder_drops_as_much_as_another(encoder: str) -> None:
    def count(tied: bool) -> int:
        recipe = ModelRecipe(encoder=Spec(name=encoder), tied=tied, dropout=0.3)
        decoder = build(recipe, (8, 8, 1), 3, ("reconstruction",)).decoder
        return sum(isinstance(layer, keras.layers.Dropout) for layer in decoder.layers)

    assert count(True) == count(False) > 0


def test_a_tied_kernel_is_regularized_once() -> None:
    model = build(ModelRecipe(tied=True, l2=1.0), (8, 8, 1), 3, ("reconstruction",))
    model(np.zeros((1, 8, 8, 1), np.uint8))
    kernels = {id(w): w for w in model.weights if w.name == "kernel"}
    assert float(sum(model.losses)) == pytest.approx(sum(float(np.square(w).sum()) for w in kernels.values()), rel=1e-5)


def test_a_residual_family_needs_as_many_blocks_as_filters() -> None:
    for part in ("encoder", "classifier"):
        wrong = ModelRecipe.model_validate({part: {"name": "residual", "filters": [16, 32], "blocks": [1]}})
        with pytest.raises(RequestError, match=rf"model\.{part}\.blocks: expected one number .* each of the 2 filters"):
            build(wrong, (16, 16, 3), 3, ("label",))


def test_sides_that_do_not_divide_are_refused_with_the_ones_that_would() -> None:
    with pytest.raises(RequestError, match=r"expected sides in multiples of 4\. Received: 30x33; set .* \[32, 32, 3\]"):
        build(ModelRecipe(), (30, 33, 3), 10, HEADS)


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (
            {"encoder": "vg"},
            rf"expected encoder {', '.join(ENCODERS.names)}\. Received: 'vg'\. Did you mean 'vgg'\?",
        ),
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
        (
            {"classifier": {"name": "lenet", "global_pooling": "avg"}},
            r"global_pooling: expected 'none', 'average' or 'max'\. Received: 'avg'",
        ),
        ({"tied": True, "decoder": "vgg"}, r"model\.tied: expected no model\.decoder"),
    ],
)
def test_wrong_names_and_options_are_refused_before_data_is_read(recipe: dict, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        check(ModelRecipe.model_validate(recipe))
