"""What a search varies where its recipe does not say: depth and width of the encoder, the decoder with it."""

from __future__ import annotations

from typing import Any

from kerasae.models.build import part_of
from kerasae.recipe import Range, Recipe

MOST_HALVINGS = 3
# By encoder the option that lists its widths, what the widths are drawn from, and how deep it may be at most; None
# where the image's sides say how often they can be halved.
LISTS: dict[str, tuple[str, list[int], int | None]] = {
    "baseline": ("filters", [16, 32, 48, 64], None),
    "vgg": ("filters", [16, 32, 64, 96], None),
    "inception": ("filters", [32, 64, 128], None),
    "nasnet": ("filters", [16, 32], None),
    "prototype": ("filters", [12, 24, 48], None),
    "residual": ("filters", [32, 64, 128, 256], None),
    "lenet": ("filters", [6, 16, 32], 2),
    "mlp": ("units", [128, 256, 512, 1024], 3),
    "strided": ("units", [32, 64, 128], 2),
}
# What else makes an encoder deep or wide.
OTHERS: dict[str, dict[str, Any]] = {
    "vgg": {"convolutions": [1, 2, 3]},
    "inception": {"blocks": [1, 2]},
    "nasnet": {"cells": [1, 2]},
    "residual": {"blocks": {"like": "model.encoder.filters", "width": [0, 1, 2]}},
    "strided": {"filters": {"choice": [8, 16, 32], "also": ["model.decoder.filters"]}, "latent_dim": [8, 14, 32, 64]},
}


def default_space(recipe: Recipe, image_shape: tuple[int, int, int]) -> dict[str, Range]:
    """Return the ranges of depth and width for the encoder's family, as far as images of this shape can be halved.

    A decoder of the same kind of widths becomes as wide, backwards; a tied one has none of its own. Empty for an
    encoder that is not known here (a plugin's).
    """
    model = recipe.model
    family = model.encoder.name
    if family not in LISTS:
        return {}
    option, widths, deepest = LISTS[family]
    depths = range(1, (deepest or _halvings(image_shape)) + 1)
    space: dict[str, Any] = {f"model.encoder.{option}": {"depth": list(depths), "width": widths}}
    space |= {f"model.encoder.{name}": one for name, one in OTHERS.get(family, {}).items()}
    decoder = part_of(model, "decoder").name
    if "reconstruction" in recipe.heads and not model.tied and decoder in LISTS and LISTS[decoder][0] == option:
        space[f"model.encoder.{option}"]["mirror"] = [f"model.decoder.{option}"]
    if "also" in (strided := space.get("model.encoder.filters", {})) and decoder != "strided":
        del strided["also"]
    return {field: Range.model_validate(one) for field, one in space.items()}


def _halvings(image_shape: tuple[int, int, int]) -> int:
    """Count how often both sides can be halved evenly, up to `MOST_HALVINGS`."""
    steps = [(side & -side).bit_length() - 1 for side in image_shape[:2]]
    return max(1, min(*steps, MOST_HALVINGS))
