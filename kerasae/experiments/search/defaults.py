"""The search space of recipes that name none: depth and width of the encoder, and the decoder with it."""

from __future__ import annotations

from typing import Any

from kerasae.models import DECODERS, ENCODERS
from kerasae.models.build import default_decoder, part_of
from kerasae.recipe import Range, Recipe

MAX_HALVINGS = 3


def default_space(recipe: Recipe, image_shape: tuple[int, int, int]) -> dict[str, Range]:
    """Return the ranges that the recipe's encoder was registered with, by field.

    An encoder whose blocks halve the image gets at most as many as the sides of `image_shape` can be halved. The
    widths of a decoder with an option of the same name are the encoder's, backwards; a tied decoder has none. Empty
    for an encoder without a `SearchSpace`.
    """
    model = recipe.model
    search = ENCODERS.traits(model.encoder.name).search
    if search is None:
        return {}
    depths = range(1, (search.max_depth or _halvings(image_shape)) + 1)
    blocks: dict[str, Any] = {"depth": list(depths), "width": list(search.widths)}
    decoder = part_of(model, "decoder").name
    if "reconstruction" in recipe.heads and not model.tied and DECODERS.traits(decoder).widths == search.option:
        blocks["mirror"] = [f"model.decoder.{search.option}"]
    space: dict[str, Any] = {f"model.encoder.{search.option}": blocks}
    for option, values in search.others.items():
        if isinstance(values, dict) and decoder != default_decoder(model.encoder.name):
            values = {key: value for key, value in values.items() if key != "also"}
        space[f"model.encoder.{option}"] = values
    return {field: Range.model_validate(values) for field, values in space.items()}


def _halvings(image_shape: tuple[int, int, int]) -> int:
    """Return how often both sides can be halved evenly, between 1 and `MAX_HALVINGS`."""
    powers = [(side & -side).bit_length() - 1 for side in image_shape[:2]]
    return max(1, min(*powers, MAX_HALVINGS))
