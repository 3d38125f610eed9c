import io

import numpy as np
import pytest
from PIL import Image

from kerasae.exploration.sprite_sheet import COLUMNS, PER_SHEET, Sheets, sheets

RANDOM = np.random.default_rng(0)


def cut_out(made: Sheets, index: int) -> np.ndarray:
    """As the page does."""
    image = np.asarray(Image.open(io.BytesIO(made.files[index // PER_SHEET])))
    row, column = divmod(index % PER_SHEET, COLUMNS)
    top, left = row * made.cell[0], column * made.cell[1]
    return image[top : top + made.sample_image[0], left : left + made.sample_image[1]]


@pytest.mark.parametrize("channels", [1, 3])
def test_small_collections_lose_nothing(channels: int) -> None:
    sample_images = RANDOM.integers(0, 256, (PER_SHEET + 7, 9, 11, channels), np.uint8)
    (made,) = sheets([sample_images])
    assert len(made.files) == 2
    assert made.sample_image == (9, 11)
    for index in (0, 41, PER_SHEET - 1, PER_SHEET, PER_SHEET + 6):
        np.testing.assert_array_equal(cut_out(made, index), np.broadcast_to(sample_images[index], (9, 11, 3)))


def test_both_kinds_stay_within_the_budget() -> None:
    noise = RANDOM.integers(0, 256, (300, 32, 32, 3), np.uint8)
    smooth = np.broadcast_to(np.arange(300, dtype=np.uint8)[:, None, None, None], noise.shape)
    whole = sum(len(file) for made in sheets([noise, smooth]) for file in made.files)
    budget = whole // 3
    packed = sheets([noise, smooth], budget)
    assert sum(len(file) for made in packed for file in made.files) <= 1.1 * budget
    assert packed[0].cell == packed[1].cell
    shades = [cut_out(packed[1], index).mean() for index in (10, 150, 250)]
    np.testing.assert_allclose(shades, [10, 150, 250], atol=4)  # neighbours do not bleed into each other
