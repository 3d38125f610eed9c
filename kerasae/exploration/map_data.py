"""The data of the interactive map, as page.js reads it from the page."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from kerasae.exploration.sprite_sheet import pack_sprite_sheets
from kerasae.report.style import FAINT, look
from kerasae.utils.formatting import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import DTypeLike

    from kerasae.exploration.latents import EncodedImages
    from kerasae.exploration.maps import Map

MAX_COORDINATE = 2**16 - 1  # coordinates are uint16, from one end of the map to the other
CONFIDENCE_STEPS = 1000  # confidences are int16, in thousandths
MARKER_SHAPES = {"o": "circle", "s": "square", "^": "up", "D": "diamond", "v": "down", "P": "plus", "X": "cross"}


def map_data(class_names: Sequence[str], encoded: EncodedImages, maps: Sequence[Map]) -> Markup:
    """Return the data of the interactive map as JSON that is safe inside a script element.

    Args:
        class_names: the names of the classes.
        encoded: the images of the maps, with thumbnails.
        maps: the maps to choose from.
    """
    assert encoded.thumbnails is not None
    latents = encoded.latents
    thumbnail_sets = [images for images in (encoded.thumbnails, encoded.reconstructions) if images is not None]
    data = {
        "classes": [
            {"name": plain(name), "colour": look(index).colour, "shape": MARKER_SHAPES[look(index).marker]}
            for index, name in enumerate(class_names)
        ],
        "unlabelled": FAINT,
        "maps": [{"title": map_.title, "xy": _pack_coordinates(map_.xy)} for map_ in maps],
        "label": _pack(latents.label, np.int16),
        "prediction": _pack(latents.prediction, np.int16),
        "confidence": _pack(np.rint(latents.confidence * CONFIDENCE_STEPS), np.int16),
        "names": [plain(str(name)) for name in latents.name],
        "sheets": [sheets.to_json() for sheets in pack_sprite_sheets(thumbnail_sets)],
    }
    # "</script>" would end the script element, and "<!--<script>" would keep it from ending.
    return Markup(json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"))


def _pack_coordinates(xy: np.ndarray) -> str:
    low, high = xy.min(axis=0), xy.max(axis=0)
    scaled = (xy - low) / np.maximum((high - low).max(), 1e-12)  # the same scale for both axes keeps proportions
    return _pack(np.rint(scaled * MAX_COORDINATE), np.uint16)


def _pack(values: np.ndarray, dtype: DTypeLike) -> str:
    """Return numbers as base64 of their little-endian bytes."""
    return base64.b64encode(np.ascontiguousarray(values, np.dtype(dtype).newbyteorder("<")).tobytes()).decode()
