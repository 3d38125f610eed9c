"""Packs thousands of thumbnails into a few image files that one page can hold."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_BYTES = 17_000_000  # of all sheets of a page; 22.7 MB as base64, which keeps the page below 25 MB
IMAGES_PER_SHEET = 1_000
COLUMNS = 40
BLOCK = 16  # pixels; cells end where compression blocks end, so that neighbouring images do not bleed into each other
MAX_ESTIMATE_IMAGES = 400  # images from which the size of all sheets is estimated

# From the best to the smallest: maximum side in pixels, and WebP quality (None is lossless).
LEVELS: tuple[tuple[int, int | None], ...] = (
    *((64, None), (64, 90), (64, 75)),
    *((48, 75), (48, 50), (32, 60)),
    *((32, 35), (24, 30), (16, 20)),
)


@dataclass(frozen=True)
class SpriteSheets:
    """Images of one kind in grids of cells.

    Attributes:
        cell: the height and width of a cell, in pixels.
        image: the height and width of the image in the top left corner of a cell.
        files: WebP files of up to `IMAGES_PER_SHEET` images each.
    """

    cell: tuple[int, int]
    image: tuple[int, int]
    files: Sequence[bytes]

    def to_json(self) -> dict[str, object]:
        """Return what the page needs: the sizes, and the files as data URIs."""
        sources = ["data:image/webp;base64," + base64.b64encode(file).decode() for file in self.files]
        return {
            "cell": self.cell,
            "picture": self.image,
            "columns": COLUMNS,
            "each": IMAGES_PER_SHEET,
            "sources": sources,
        }


def pack_sprite_sheets(image_sets: Sequence[np.ndarray], max_bytes: int = MAX_BYTES) -> list[SpriteSheets]:
    """Pack sets of images at the best level whose estimated size is within `max_bytes`, the same level for all.

    Args:
        image_sets: uint8 (n, h, w, C) each, such as images and their reconstructions.
        max_bytes: of all files together; estimated from a part of the images.
    """
    side, quality = LEVELS[-1]
    for side, quality in LEVELS:
        if sum(_estimated_bytes(images, side, quality) for images in image_sets) <= max_bytes:
            break
    return [_pack(images, side, quality) for images in image_sets]


def _estimated_bytes(images: np.ndarray, side: int, quality: int | None) -> float:
    part = images[np.linspace(0, len(images) - 1, min(MAX_ESTIMATE_IMAGES, len(images))).astype(int)]
    return sum(map(len, _pack(part, side, quality).files)) * len(images) / len(part)


def _pack(images: np.ndarray, side: int, quality: int | None) -> SpriteSheets:
    height, width = images.shape[1:3]
    factor = min(1.0, side / max(height, width))
    size = max(1, round(height * factor)), max(1, round(width * factor))
    # A lossless sheet has no compression blocks to align to.
    cell = size if quality is None else tuple(-(-length // BLOCK) * BLOCK for length in size)
    files = []
    for start in range(0, len(images), IMAGES_PER_SHEET):
        part = images[start : start + IMAGES_PER_SHEET]
        rows = -(-len(part) // COLUMNS)
        sheet = np.zeros((rows * cell[0], min(COLUMNS, len(part)) * cell[1], images.shape[-1]), np.uint8)
        for index, image in enumerate(part):
            top, left = index // COLUMNS * cell[0], index % COLUMNS * cell[1]
            sheet[top : top + cell[0], left : left + cell[1]] = _fill_cell(image, size, cell)
        files.append(_encode(sheet, quality))
    return SpriteSheets((cell[0], cell[1]), size, files)


def _fill_cell(image: np.ndarray, size: tuple[int, int], cell: Sequence[int]) -> np.ndarray:
    """Resize an image, and repeat its edge to the end of the cell, which compresses best."""
    if image.shape[:2] != size:
        resized = Image.fromarray(image.squeeze(-1) if image.shape[-1] == 1 else image).resize(
            size[::-1], Image.Resampling.BOX
        )
        image = np.asarray(resized).reshape(*size, -1)
    return np.pad(image, ((0, cell[0] - size[0]), (0, cell[1] - size[1]), (0, 0)), mode="edge")


def _encode(sheet: np.ndarray, quality: int | None) -> bytes:
    buffer = io.BytesIO()
    image = Image.fromarray(sheet.squeeze(-1) if sheet.shape[-1] == 1 else sheet).convert("RGB")
    options = {"lossless": True, "quality": 20} if quality is None else {"quality": quality, "method": 4}
    image.save(buffer, "WEBP", **options)
    return buffer.getvalue()
