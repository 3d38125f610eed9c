"""A contact sheet: what each transform does to a picture, over its range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from augment.compose import Container
from augment.mixing import Mixing
from augment.policy import Policy
from augment.registry import lookup, names
from augment.transform import Params, Transform, from_pillow, row, to_pillow

Shown = Transform | Mixing
_MARGIN, _LINE, _TITLE = 8, 15, 150


def every_transform() -> list[Shown]:
    """Return one of each registered transform and mixing that needs no arguments, with its defaults."""
    classes = [lookup(name) for name in names()]
    return [cls() for cls in classes if not issubclass(cls, Container)]


def contact_sheet(
    pictures: Sequence[Image.Image], items: Sequence[Shown], *, num: int = 7, size: int = 112
) -> Image.Image:
    """Return a sheet with a line for each of `items`: its name, the picture as it is, and `num` changed ones.

    Args:
        pictures: of any size and mode; each gets a block of lines. A mixing's partner is the next picture.
        items: transforms, shown over their ranges, and mixings, shown at random shares.
        num: changed pictures a line, at least 1.
        size: the longer side of a picture on the sheet, in pixels.
    """
    small = [_fitted(picture, size) for picture in pictures]
    lines = []
    for index, picture in enumerate(small):
        partner = small[(index + 1) % len(small)] if len(small) > 1 else picture.transpose(_UPSIDE_DOWN)
        lines += [(item, picture, _cells(item, picture, partner.resize(picture.size), num)) for item in items]
    texts = [max(text.count("\n") + 1 for _, text in cells) for _, _, cells in lines]
    heights = [line[1].height + rows * _LINE + _MARGIN for line, rows in zip(lines, texts, strict=True)]
    width = _TITLE + (num + 1) * (size + _MARGIN) + _MARGIN
    sheet = Image.new("RGB", (width, sum(heights) + _MARGIN), "white")
    draw, font, top = ImageDraw.Draw(sheet), ImageFont.load_default(10), _MARGIN
    for (item, picture, cells), height in zip(lines, heights, strict=True):
        draw.text((_MARGIN, top + picture.height // 2 - 8), item.name, "black", ImageFont.load_default(14))
        for column, (image, text) in enumerate([(picture, "as it is"), *cells]):
            left = _TITLE + column * (size + _MARGIN)
            sheet.paste(image, (left, top))
            draw.text((left, top + image.height), text, "dimgray", font)
        top += height
    return sheet


_UPSIDE_DOWN = Image.Transpose.FLIP_TOP_BOTTOM


def _fitted(picture: Image.Image, size: int) -> Image.Image:
    mode = "L" if picture.mode in ("1", "L", "I;16") else "RGB"
    fitted = picture.convert(mode)
    fitted.thumbnail((size, size), Image.Resampling.LANCZOS)
    return fitted


def _cells(item: Shown, picture: Image.Image, partner: Image.Image, num: int) -> list[tuple[Image.Image, str]]:
    """Return the changed pictures and what to write below each; parameters that repeat are shown once."""
    shape = (picture.height, picture.width, len(picture.getbands()))
    images = np.stack([from_pillow(picture, shape, item)] * num)
    if isinstance(item, Mixing):
        params: Params = {**item.parameters(0, 0, np.arange(num)), "applied": np.ones(num, bool)}
        others = np.stack([from_pillow(partner.convert(picture.mode), shape, item)] * num)
        changed = item.run(images, others, np.ones((num, 1), np.float32), np.zeros((num, 1), np.float32), params)[0]
    else:
        params = item.spread(num)
        changed = item.run(images, {**params, "applied": np.ones(num, bool)}, "pil")
    cells: dict[str, tuple[Image.Image, str]] = {}
    for index in range(num):
        own = row(params, index)
        cells.setdefault(repr(own), (to_pillow(changed[index]), _described(item, own)))
    return list(cells.values())


def _described(item: Shown, params: Mapping[str, Any]) -> str:
    if isinstance(item, Policy):
        used = [
            (item.operations[operation], value)
            for operation, value in zip(params["operation"].tolist(), params["value"].tolist(), strict=True)
            if operation >= 0
        ]
        words = [
            f"{one.transform.name} {value:.3g}" if one.low != one.high else one.transform.name for one, value in used
        ]
        return "\n".join(words) or "nothing"
    shown = {name: value for name, value in params.items() if name not in ("key", "applied") and "." not in name}
    return "".join(f"{name} {value:.3g}" for name, value in list(shown.items())[:1])
