"""Draw a contact sheet: blocks of labelled strips of captioned images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

_EDGE, _GAP, _LABEL = 20, 8, 132
_HEADING, _NAME, _SMALL = 17, 14, 11
_LINE = 14  # from one small line to the next
_INK, _GREY, _RULE, _PAPER = "#1d1d1f", "#6e6e73", "#d2d2d7", "#ffffff"


@dataclass(frozen=True)
class Cell:
    """An image, mode L or RGB, and its caption of one or more lines."""

    image: Image.Image
    caption: str

    @property
    def height(self) -> int:
        """The height of the image with its caption, in pixels."""
        return self.image.height + 4 + _LINE * len(self.caption.splitlines())


@dataclass(frozen=True)
class Strip:
    """A line of the sheet: a name with notes below it, and cells; the name may be empty."""

    name: str
    notes: Sequence[str]
    cells: Sequence[Cell]

    @property
    def height(self) -> int:
        """The distance from the top of this strip to the next, in pixels."""
        label = 2 + _NAME + 6 + _LINE * len(self.notes)
        return max([label, *(cell.height for cell in self.cells)]) + _GAP


@dataclass(frozen=True)
class Block:
    """Strips under a title."""

    title: str
    strips: Sequence[Strip]

    @property
    def height(self) -> int:
        """The distance from the top of this block to the next, in pixels."""
        return 2 * _HEADING + _GAP + sum(strip.height for strip in self.strips) + _GAP


def draw(blocks: Sequence[Block], *, columns: int, size: int) -> Image.Image:
    """Return the blocks one below the other, RGB, for at most `columns` cells a strip, `size` pixels wide each."""
    width = 2 * _EDGE + _LABEL + columns * (size + _GAP) - _GAP
    sheet = Image.new("RGB", (width, sum(block.height for block in blocks) + _EDGE), _PAPER)
    pen, top = ImageDraw.Draw(sheet), _EDGE // 2
    for block in blocks:
        pen.text((_EDGE, top + _GAP), block.title, _INK, ImageFont.load_default(_HEADING))
        rule = top + 2 * _HEADING
        pen.line((_EDGE, rule, width - _EDGE, rule), _RULE)
        below = rule + _GAP
        for strip in block.strips:
            _draw_strip(sheet, pen, strip, below, size)
            below += strip.height
        top += block.height
    return sheet


def _draw_strip(sheet: Image.Image, pen: ImageDraw.ImageDraw, strip: Strip, top: int, size: int) -> None:
    small = ImageFont.load_default(_SMALL)
    pen.text((_EDGE, top), strip.name, _INK, ImageFont.load_default(_NAME))
    for number, note in enumerate(strip.notes):
        pen.text((_EDGE, top + 2 + _NAME + 6 + _LINE * number), note, _GREY, small)
    for column, cell in enumerate(strip.cells):
        left = _EDGE + _LABEL + column * (size + _GAP)
        sheet.paste(cell.image, (left, top))
        for number, line in enumerate(cell.caption.splitlines()):
            pen.text((left, top + cell.image.height + 3 + _LINE * number), line, _GREY, small)
