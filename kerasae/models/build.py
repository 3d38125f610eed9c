"""Builds the joint model of a recipe: the parts by name, those that some phase trains."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import TYPE_CHECKING, Literal

import keras

import kerasae.models.classifiers
import kerasae.models.decoders
import kerasae.models.encoders  # noqa: F401 (registers the parts)
from kerasae.layers import PixelScale, Whitening
from kerasae.models.blocks import Settings
from kerasae.models.decoders.mirror import mirror
from kerasae.models.joint import JointAutoencoder
from kerasae.models.registries import CLASSIFIERS, DECODERS, ENCODERS
from kerasae.models.variational import variational
from kerasae.recipe import Head, ModelRecipe, Spec
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np


def check(recipe: ModelRecipe) -> None:
    """Check the names and options of the parts, and their combinations, before any data is read.

    Raises:
        RequestError: an unknown name or option, or parts that cannot be combined.
    """
    ENCODERS.check(recipe.encoder, "model.encoder")
    DECODERS.check(part_of(recipe, "decoder"), "model.decoder")
    CLASSIFIERS.check(part_of(recipe, "classifier"), "model.classifier")
    if recipe.tied and recipe.decoder is not None:
        raise RequestError(
            "model.tied",
            expected="no model.decoder, since a tied decoder mirrors the encoder",
            received=f"{recipe.decoder.model_dump()}",
            fix="leave out one of the two",
        )
    if recipe.tied and recipe.standardize == "whitening":
        raise RequestError(
            "model.standardize",
            expected="another with model.tied, since a mirror cannot undo whitened patches",
            received="'whitening'",
            fix="set it to 'z-score', or leave out tied",
        )
    if recipe.standardize != "none" and recipe.input == "product":
        raise RequestError(
            "model.standardize",
            expected=(
                "'none' with model.input = 'product', since the training images' mean and deviation are not "
                "those of the products"
            ),
            received=f"{recipe.standardize!r}",
            fix="leave it out or set model.input to 'polarity'",
        )
    _check_tie(recipe)


def build(
    recipe: ModelRecipe,
    image_shape: tuple[int, int, int],
    num_classes: int,
    heads: Sequence[Head],
    statistics: tuple[Sequence[float], Sequence[float]] | None = None,
    precision: str = "float32",
) -> JointAutoencoder:
    """Build the model of a recipe with the given heads.

    Args:
        image_shape: (height, width, channels) of the images.
        num_classes: number of classes of the label head.
        heads: the heads to build: those that some phase trains.
        statistics: mean and variance of each channel of the scaled training images, used if the recipe standardizes.
        precision: Keras dtype policy of the layers inside.

    Raises:
        RequestError: the sides of the images do not fit the encoder, or the parts do not fit each other.
    """
    _check_tie(recipe)
    mean, variance = _standardization(recipe, statistics)
    settings = Settings(
        **recipe.model_dump(include={"activation", "initializer", "l1", "l2", "dropout", "tied", "input"}),
        mean=mean,
        variance=variance,
        whiten=recipe.standardize == "whitening",
        standardized_output=recipe.output == "standardized",
    )
    with dtype_policy(precision):
        encoder = ENCODERS.build(recipe.encoder, "model.encoder", image_shape, settings)
        if recipe.variational is not None:
            encoder = variational(encoder, recipe.variational.latent_dim, settings)
        decoder = classifier = None
        if "reconstruction" in heads and recipe.tied:
            decoder = mirror(encoder, settings)
        elif "reconstruction" in heads:
            decoder = DECODERS.build(part_of(recipe, "decoder"), "model.decoder", encoder, settings)
        if "label" in heads:
            untied = dataclasses.replace(settings, tied=False)
            spec = part_of(recipe, "classifier")
            if (check_encoder := CLASSIFIERS.traits(spec.name).check_encoder) is not None:
                check_encoder(encoder)
            classifier = CLASSIFIERS.build(spec, "model.classifier", encoder.output_shape[1:], num_classes, untied)
        return JointAutoencoder(encoder, decoder, classifier)


def part_of(recipe: ModelRecipe, part: Literal["decoder", "classifier"]) -> Spec:
    """Return the recipe's decoder or classifier, or the default of its encoder if the recipe names none."""
    spec = recipe.decoder if part == "decoder" else recipe.classifier
    if spec is not None and spec.name:
        return spec
    default = default_decoder if part == "decoder" else default_classifier
    return Spec(name=default(recipe.encoder.name), **(spec.options if spec is not None else {}))


def default_decoder(encoder: str) -> str:
    """Return the name of an encoder's default decoder."""
    return ENCODERS.traits(encoder).decoder or (encoder if encoder in DECODERS.names else "mlp")


def default_classifier(encoder: str) -> str:
    """Return the name of an encoder's default classifier."""
    return ENCODERS.traits(encoder).classifier or (encoder if encoder in CLASSIFIERS.names else "baseline")


def with_heads(
    model: JointAutoencoder, heads: Sequence[Head], balance: Literal["uncertainty"] | None = None
) -> JointAutoencoder:
    """Return a model over the same parts with only `heads`, so that a phase computes only what it trains."""
    return JointAutoencoder(
        model.encoder,
        model.decoder if "reconstruction" in heads else None,
        model.classifier if "label" in heads else None,
        balance=balance,
    )


@contextlib.contextmanager
def dtype_policy(precision: str) -> Iterator[None]:
    """Use `precision` as the default dtype policy of layers built in the context."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def whiten(encoder: keras.Model, images: np.ndarray) -> None:
    """Adapt the encoder's `Whitening`, if it has one, to scaled images, float (n, height, width, channels)."""
    for layer in encoder.layers:
        if isinstance(layer, Whitening):
            before = keras.Model(encoder.inputs, layer.input)
            layer.adapt(before.predict(images, verbose=0))


def deviation(model: keras.Model) -> tuple[float, ...] | None:
    """Return the deviation of each channel by which the decoder's output is standardized; None if it is not."""
    layers = getattr(getattr(model, "decoder", None), "layers", ())
    return next((layer.deviation for layer in layers if isinstance(layer, PixelScale)), None)


def _check_tie(recipe: ModelRecipe) -> None:
    """Refuse tied weights for an encoder that cannot be mirrored."""
    encoder = recipe.encoder.name
    if recipe.tied and not ENCODERS.traits(encoder).can_be_tied:
        *others, last = (name for name in ENCODERS.names if ENCODERS.traits(name).can_be_tied)
        raise RequestError(
            "model.tied",
            expected=f"an encoder that has a mirror: {', '.join(others)} or {last}",
            received=f"{encoder!r}",
        )


def _standardization(
    recipe: ModelRecipe, statistics: tuple[Sequence[float], Sequence[float]] | None
) -> tuple[tuple[float, ...], tuple[float, ...]] | tuple[None, None]:
    """Return the mean and the variance that the encoder standardizes with; None if the recipe does not standardize."""
    if recipe.standardize == "none" or statistics is None:
        return None, None
    mean, variance = (tuple(map(float, values)) for values in statistics)
    return mean, (1.0,) * len(mean) if recipe.standardize == "mean" else variance
