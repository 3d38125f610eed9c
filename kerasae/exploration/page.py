"""The interactive page of an exploration: one file that needs nothing else."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

from kerasae.exploration.sprite_sheet import sheets
from kerasae.files.writing import write_text
from kerasae.report.figures.style import FAINT, look
from kerasae.report.templating import render
from kerasae.utils.formatting import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kerasae.data.collection import Collection
    from kerasae.exploration.latents import Latents
    from kerasae.exploration.maps import Map
    from kerasae.report.report_figure import ReportFigure
    from kerasae.runs.run import Run

STEPS = 2**16 - 1  # of a coordinate between the ends of a map
SHAPES = {"o": "circle", "s": "square", "^": "up", "D": "diamond", "v": "down", "P": "plus", "X": "cross"}


def write_page(
    path: Path,
    run: Run,
    collection: Collection,
    found: Latents,
    made: Sequence[Map],
    images: np.ndarray,
    rebuilt: np.ndarray | None,
    numbers: Mapping[str, Any],
    report_figures: Mapping[str, ReportFigure],
) -> Path:
    """Write the page.

    Args:
        path: of the page.
        run, collection: what was explored.
        found: of each image.
        made: the maps.
        images, rebuilt: small copies, uint8 (n, h, w, C).
        numbers: what exploration.json holds.
        plates: the static figures.
    """
    data = {
        "classes": [
            {"name": plain(name), "colour": look(index).colour, "shape": SHAPES[look(index).marker]}
            for index, name in enumerate(collection.class_names)
        ],
        "unlabelled": FAINT,
        "maps": [{"title": one.title, "xy": _coordinates(one.xy)} for one in made],
        "label": _packed(found.label, np.int16),
        "prediction": _packed(found.prediction, np.int16),
        "confidence": _packed(np.rint(found.confidence * 1000), np.int16),
        "names": [plain(str(name)) for name in found.name],
        "sheets": [one.as_table() for one in sheets([images] if rebuilt is None else [images, rebuilt])],
    }
    # "</script>" would end the script that holds it, and "<!--<script>" would keep it from ending.
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    page = render(
        "explore.html.j2",
        "kerasae.exploration",
        title=run.recipe.title or run.name,
        run=run.name,
        numbers=numbers,
        classes=[plain(name) for name in collection.class_names],
        report_figures=report_figures,
        data=Markup(text),
        mistakes=int(found.wrong.sum()),
        predicts=bool((found.prediction >= 0).any()),
    )
    write_text(path, page)
    return path


def _coordinates(xy: np.ndarray) -> str:
    low, high = xy.min(axis=0), xy.max(axis=0)
    scaled = (xy - low) / np.maximum((high - low).max(), 1e-12)  # one scale for both, so that shapes are true
    return _packed(np.rint(scaled * STEPS), np.uint16)


def _packed(values: np.ndarray, dtype: Any) -> str:
    """Pack numbers, little-endian, as text."""
    return base64.b64encode(np.ascontiguousarray(values, np.dtype(dtype).newbyteorder("<")).tobytes()).decode()
