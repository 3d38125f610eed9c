"""The content of a contact sheet: each transform applied to an image, over its range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from augment.compose import Container, OneOf
from augment.mixing import Mixing
from augment.policy import Policy
from augment.registry import lookup, names
from augment.sheet import Block, Cell, Strip, draw
from augment.transform import Transform, from_pillow, row, to_pillow

Item = Transform | Mixing
_FAMILIES = {
    "photometric": "Light and colour",
    "flips": "Place",
    "geometric": "Place",
    "erasing": "Cut or hidden",
    "degrading": "Blurred or noisy",
    "policy": "Policies",
    "mixing": "Mixings",
}
_TRIES = 6  # how many times as many images a policy draws, so as to show different ones
_UPSIDE_DOWN = Image.Transpose.FLIP_TOP_BOTTOM


def every_transform() -> dict[str, list[Item]]:
    """Return one of each registered transform and mixing that needs no arguments, with its defaults, by family."""
    families: dict[str, list[Item]] = {title: [] for title in [*_FAMILIES.values(), "Others"]}
    for cls in map(lookup, names()):
        if not issubclass(cls, Container):
            families[_FAMILIES.get(cls.__module__.removeprefix("augment."), "Others")].append(cls())
    return {title: items for title, items in families.items() if items}


def contact_sheet(
    sample_images: Sequence[Image.Image], sections: Mapping[str, Sequence[Item]], *, num: int = 7, size: int = 112
) -> Image.Image:
    """Return a sheet, mode RGB, with a line for each item: its name, its parameters, and `num` changed images.

    Args:
        sample_images: at least one, of any size and mode; each gets a block of its own. The partner of a mixing is
            the next one.
        sections: transforms and mixings, shown over their ranges, under the titles of their sections.
        num: changed images a line, at least 2.
        size: the longer side of an image on the sheet, in pixels.
    """
    small = [_fitted(sample_image, size) for sample_image in sample_images]
    blocks = []
    for index, sample_image in enumerate(small):
        partner = small[(index + 1) % len(small)] if len(small) > 1 else sample_image.transpose(_UPSIDE_DOWN)
        partner = partner.resize(sample_image.size).convert(sample_image.mode)
        blocks += [
            Block(title, _strips(items, sample_image, partner, num, opening=number == 0))
            for number, (title, items) in enumerate(sections.items())
        ]
    return draw(blocks, columns=num, size=size)


def _fitted(sample_image: Image.Image, size: int) -> Image.Image:
    if sample_image.mode.startswith("I"):  # 16 bits, of which a conversion would clip all but the lowest
        sample_image = Image.fromarray((np.asarray(sample_image) >> 8).clip(0, 255).astype(np.uint8))
    if sample_image.has_transparency_data:
        sample_image = Image.alpha_composite(
            Image.new("RGBA", sample_image.size, "white"), sample_image.convert("RGBA")
        )
    fitted = sample_image.convert("L" if sample_image.mode in ("1", "L") else "RGB")
    scale = size / max(fitted.size)
    sides = [max(1, round(side * scale)) for side in fitted.size]
    return fitted.resize((sides[0], sides[1]), Image.Resampling.LANCZOS)


def _strips(
    items: Sequence[Item], sample_image: Image.Image, partner: Image.Image, num: int, *, opening: bool
) -> list[Strip]:
    """Return a section's lines: what has no range together in the first, after the original."""
    first, ranged = [Cell(sample_image, "original")], []
    if any(isinstance(item, Mixing) for item in items):
        first.append(Cell(partner, "partner"))
    for item in items:
        cells, notes = _shown(item, sample_image, partner, num)
        if len(cells) > 1:
            ranged.append(Strip(item.name, notes, cells))
        else:
            first += [Cell(cell.image, "\n".join([item.name, *notes])) for cell in cells]
    alone = len(first) == 1 and not opening
    opened = [] if alone else [Strip("", [], first[start : start + num]) for start in range(0, len(first), num)]
    return opened + ranged


def _shown(item: Item, sample_image: Image.Image, partner: Image.Image, num: int) -> tuple[list[Cell], list[str]]:
    """Return `num` changed images, or fewer where parameters and image repeat, and notes on the item."""
    shape = (sample_image.height, sample_image.width, len(sample_image.getbands()))
    tries = num * _TRIES if isinstance(item, Policy) else num
    images = np.stack([from_pillow(sample_image, shape, item)] * tries)
    spread = item.spread(tries)
    params = {**spread, "applied": np.ones(tries, bool)}
    if isinstance(item, Mixing):
        others, rows = np.stack([from_pillow(partner, shape, item)] * tries), np.zeros((tries, 1), np.float32)
        changed = item.run(images, others, rows, rows, params)[0]
    else:
        changed = item.run(images, params, "pil")
    varied = [
        name
        for name, values in spread.items()
        if values.ndim == 1 and name != "key" and "." not in name and len(np.unique(values)) > 1
    ]
    cells: dict[tuple[str, bytes], Cell] = {}
    for index in range(tries):
        text = _caption(item, row(spread, index), varied)
        cells.setdefault((text, changed[index].tobytes()), Cell(to_pillow(changed[index]), text))
    notes = list(varied) if len(varied) == 1 and not isinstance(item, Policy | OneOf) else []
    if item.probability < 1.0:
        notes.append(f"probability {item.probability:g}")
    return list(cells.values())[:num], notes


def _caption(item: Item, params: Mapping[str, Any], varied: Sequence[str]) -> str:
    if isinstance(item, Policy):
        stages = zip(params["operation"].tolist(), params["value"].tolist(), strict=True)
        used = [(item.operations[operation], value) for operation, value in stages if operation >= 0]
        labels = [
            operation.transform.name + (f" {value:.3g}" if operation.high != operation.low else "")
            for operation, value in used
        ]
        return "\n".join(labels) or "nothing"
    if isinstance(item, OneOf):
        return item.transforms[params["choice"]].name
    if len(varied) == 1:
        return f"{params[varied[0]]:.3g}"
    return "\n".join(f"{name} {params[name]:.3g}" for name in varied)
