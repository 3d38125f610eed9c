"""Thousands of small images in few files, so that a page can hold them all."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Sequence

BUDGET = 17_000_000  # bytes of all sheets of a page, 22.7 MB as text: with the rest it stays below 25 MB
PER_SHEET = 1_000
COLUMNS = 40
GRID = 16  # pixels: cells end where the blocks of the compression end, so that neighbours do not bleed into each other
_TRIED = 400  # images that sizes are estimated from

# From the best to the smallest: longest side, and quality (None loses nothing).
LEVELS: tuple[tuple[int, int | None], ...] = (
    *((64, None), (64, 90), (64, 75)),
    *((48, 75), (48, 50), (32, 60)),
    *((32, 35), (24, 30), (16, 20)),
)


@dataclass(frozen=True)
class Sheets:
    """Images in a grid, `PER_SHEET` a file: (height, width) of a cell and of the image in it, and the files."""

    cell: tuple[int, int]
    image: tuple[int, int]
    files: Sequence[bytes]

    def as_table(self) -> dict[str, object]:
        """Return what a page needs: sizes, and files as data URIs."""
        sources = ["data:image/webp;base64," + base64.b64encode(one).decode() for one in self.files]
        return {"cell": self.cell, "picture": self.image, "columns": COLUMNS, "each": PER_SHEET, "sources": sources}


def sheets(kinds: Sequence[np.ndarray], budget: int = BUDGET) -> list[Sheets]:
    """Pack images as well as `budget` bytes allow, all kinds alike.

    Args:
        kinds: uint8 (n, h, w, C) each, such as images and reconstructions.
        budget: the most bytes of all files together; kept by estimate, from some of the images.
    """
    side, quality = LEVELS[-1]
    for side, quality in LEVELS:
        if sum(_estimate(kind, side, quality) for kind in kinds) <= budget:
            break
    return [_packed(kind, side, quality) for kind in kinds]


def _estimate(images: np.ndarray, side: int, quality: int | None) -> float:
    some = images[np.linspace(0, len(images) - 1, min(_TRIED, len(images))).astype(int)]
    return sum(map(len, _packed(some, side, quality).files)) * len(images) / len(some)


def _packed(images: np.ndarray, side: int, quality: int | None) -> Sheets:
    height, width = images.shape[1:3]
    factor = min(1.0, side / max(height, width))
    size = max(1, round(height * factor)), max(1, round(width * factor))
    # Without loss there is nothing to bleed.
    cell = size if quality is None else tuple(-(-one // GRID) * GRID for one in size)
    files = []
    for start in range(0, len(images), PER_SHEET):
        part = images[start : start + PER_SHEET]
        rows = -(-len(part) // COLUMNS)
        sheet = np.zeros((rows * cell[0], min(COLUMNS, len(part)) * cell[1], images.shape[-1]), np.uint8)
        for place, image in enumerate(part):
            top, left = place // COLUMNS * cell[0], place % COLUMNS * cell[1]
            filled = _filled(image, size, cell)
            sheet[top : top + cell[0], left : left + cell[1]] = filled
        files.append(_encoded(sheet, quality))
    return Sheets((cell[0], cell[1]), size, files)


def _filled(image: np.ndarray, size: tuple[int, int], cell: Sequence[int]) -> np.ndarray:
    if image.shape[:2] != size:
        shrunk = Image.fromarray(image.squeeze(-1) if image.shape[-1] == 1 else image).resize(
            size[::-1], Image.Resampling.BOX
        )
        image = np.asarray(shrunk).reshape(*size, -1)
    # The edge goes on to the end of the cell, which costs the least.
    return np.pad(image, ((0, cell[0] - size[0]), (0, cell[1] - size[1]), (0, 0)), mode="edge")


def _encoded(sheet: np.ndarray, quality: int | None) -> bytes:
    buffer = io.BytesIO()
    image = Image.fromarray(sheet.squeeze(-1) if sheet.shape[-1] == 1 else sheet).convert("RGB")
    options = {"lossless": True, "quality": 20} if quality is None else {"quality": quality, "method": 4}
    image.save(buffer, "WEBP", **options)
    return buffer.getvalue()
