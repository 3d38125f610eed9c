import io

import numpy as np
import pytest
from PIL import Image

from kerasae.exploration.sprite_sheet import COLUMNS, IMAGES_PER_SHEET, SpriteSheets, pack_sprite_sheets

RANDOM = np.random.default_rng(0)


def cut_out(sheets: SpriteSheets, index: int) -> np.ndarray:
    """Return an image of a sheet, as the page cuts it out."""
    image = np.asarray(Image.open(io.BytesIO(sheets.files[index // IMAGES_PER_SHEET])))
    row, column = divmod(index % IMAGES_PER_SHEET, COLUMNS)
    top, left = row * sheets.cell[0], column * sheets.cell[1]
    return image[top : top + sheets.image[0], left : left + sheets.image[1]]


@pytest.mark.parametrize("channels", [1, 3])
def test_small_collections_lose_nothing(channels: int) -> None:
    images = RANDOM.integers(0, 256, (IMAGES_PER_SHEET + 7, 9, 11, channels), np.uint8)
    (sheets,) = pack_sprite_sheets([images])
    assert len(sheets.files) == 2
    assert sheets.image == (9, 11)
    for index in (0, 41, IMAGES_PER_SHEET - 1, IMAGES_PER_SHEET, IMAGES_PER_SHEET + 6):
        np.testing.assert_array_equal(cut_out(sheets, index), np.broadcast_to(images[index], (9, 11, 3)))


def test_both_kinds_stay_within_the_budget() -> None:
    noise = RANDOM.integers(0, 256, (300, 32, 32, 3), np.uint8)
    smooth = np.broadcast_to(np.arange(300, dtype=np.uint8)[:, None, None, None], noise.shape)
    total = sum(len(file) for sheets in pack_sprite_sheets([noise, smooth]) for file in sheets.files)
    budget = total // 3
    packed = pack_sprite_sheets([noise, smooth], budget)
    assert sum(len(file) for sheets in packed for file in sheets.files) <= 1.1 * budget
    assert packed[0].cell == packed[1].cell
    shades = [cut_out(packed[1], index).mean() for index in (10, 150, 250)]
    np.testing.assert_allclose(shades, [10, 150, 250], atol=4)  # neighbours do not bleed into each other
