"""A part says by its registration alone what building and searching need to know of it."""

from __future__ import annotations

import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasae.experiments.search.defaults import default_space
from kerasae.models import CLASSIFIERS, DECODERS, ENCODERS, build, check
from kerasae.models.build import part_of
from kerasae.models.registries import EncoderTraits, PartRegistry, SearchSpace
from kerasae.recipe import HEADS, ModelRecipe, Spec
from kerasae.recipe.loading import load
from kerasae.utils.errors import RequestError
from kerasae.utils.modules import import_all

FILE = """
import keras
from kerasae.models.blocks import Count, Counts, convolution, image_input
from kerasae.models.registries import ENCODERS, EncoderTraits, SearchSpace

@ENCODERS.register(
    "patches",
    EncoderTraits(
        can_be_tied=False,
        decoder="vgg",
        classifier="mlp",
        search=SearchSpace(
            "filters", (8, 16), others={"convolutions": {"choice": [1, 2], "also": ["model.decoder.convolutions"]}}
        ),
    ),
)
def patches(image_shape, settings, *, filters: Counts = [4, 8], convolutions: Count = 1):
    inputs, x = image_input(image_shape, settings)
    for width in filters:
        for _ in range(convolutions):
            x = convolution(x, width, 2, settings)
        x = keras.layers.MaxPooling2D()(x)
    return keras.Model(inputs, x, name="encoder")
"""


@pytest.fixture
def encoders(monkeypatch: pytest.MonkeyPatch) -> PartRegistry[EncoderTraits]:
    """The registry of encoders, as it was again after the test."""
    monkeypatch.setattr(ENCODERS, "_builders", dict(ENCODERS._builders))
    monkeypatch.setattr(ENCODERS, "_traits", dict(ENCODERS._traits))
    return ENCODERS


def test_a_new_encoder_is_one_file(
    encoders: PartRegistry[EncoderTraits], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "some_encoders").mkdir()
    (tmp_path / "some_encoders" / "__init__.py").write_text(
        "from kerasae.utils.modules import import_all\nimport_all(__name__, __path__)\n"
    )
    (tmp_path / "some_encoders" / "patches.py").write_text(FILE)
    monkeypatch.syspath_prepend(str(tmp_path))
    __import__("some_encoders")
    monkeypatch.delitem(sys.modules, "some_encoders")
    monkeypatch.delitem(sys.modules, "some_encoders.patches")

    recipe = ModelRecipe(encoder=Spec(name="patches"))
    check(recipe)
    model = build(recipe, (8, 8, 1), 3, HEADS)
    assert model(np.zeros((1, 8, 8, 1), np.uint8))["label"].shape == (1, 3)
    assert (part_of(recipe, "decoder").name, part_of(recipe, "classifier").name) == ("vgg", "mlp")
    for refuse in (check, lambda tied: build(tied, (8, 8, 1), 3, HEADS)):
        with pytest.raises(RequestError, match=r"model\.tied: expected an encoder that has a mirror: .*'patches'"):
            refuse(ModelRecipe(encoder=Spec(name="patches"), tied=True))
    space = default_space(load("joint", ["model.encoder=patches"]), (8, 8, 1))
    assert space["model.encoder.filters"].mirror == ["model.decoder.filters"]
    assert space["model.encoder.convolutions"].also == ["model.decoder.convolutions"]
    for _ in range(2):  # another decoder changes nothing for the next recipe
        other = default_space(load("joint", ["model.encoder=patches", "model.decoder=baseline"]), (8, 8, 1))
        assert other["model.encoder.convolutions"].also == []
        assert default_space(load("joint", ["model.encoder=patches"]), (8, 8, 1)) == space


def test_an_encoder_without_traits_gets_parts_of_its_own_name_or_general_ones(
    encoders: PartRegistry[EncoderTraits], monkeypatch: pytest.MonkeyPatch
) -> None:
    def builder(*arguments: object) -> keras.Model:
        raise AssertionError

    encoders.register("plain")(builder)
    recipe = ModelRecipe(encoder=Spec(name="plain"))
    assert (part_of(recipe, "decoder").name, part_of(recipe, "classifier").name) == ("mlp", "baseline")
    assert default_space(load("joint", ["model.encoder=plain"]), (8, 8, 1)) == {}
    for registry in (DECODERS, CLASSIFIERS):
        monkeypatch.setitem(registry._builders, "plain", builder)
    assert (part_of(recipe, "decoder").name, part_of(recipe, "classifier").name) == ("plain", "plain")


@pytest.mark.parametrize("name", ENCODERS.names)
def test_what_an_encoder_says_of_itself_exists(name: str) -> None:
    traits = ENCODERS.traits(name)
    assert traits.decoder in (None, *DECODERS.names)
    assert traits.classifier in (None, *CLASSIFIERS.names)
    if isinstance(traits.search, SearchSpace):
        assert {traits.search.option, *traits.search.others} <= set(ENCODERS.options(name))


@pytest.mark.parametrize("name", DECODERS.names)
def test_what_a_decoder_says_of_itself_exists(name: str) -> None:
    assert DECODERS.traits(name).widths in (None, *DECODERS.options(name))


def test_import_all_takes_modules_in_the_order_of_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "ordered"
    package.mkdir()
    (package / "__init__.py").write_text("imported = []\n")
    for name in ("b", "a", "c"):
        (package / f"{name}.py").write_text("import ordered\nordered.imported.append(__name__)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    ordered = __import__("ordered")
    import_all("ordered", [str(package)])
    assert ordered.imported == ["ordered.a", "ordered.b", "ordered.c"]
    for name in ("ordered", *ordered.imported):
        monkeypatch.delitem(sys.modules, name)
