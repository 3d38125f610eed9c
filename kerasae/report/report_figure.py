"""A drawn figure with its texts: shown in a page, and kept in a folder as a PNG."""

from __future__ import annotations

import base64
import functools
import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image

from kerasae.files.manifest import forget
from kerasae.files.reading import damaged, read_bytes, read_json, without
from kerasae.files.writing import write_json, written_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from matplotlib.figure import Figure

DOTS_PER_INCH = 200
SOFTWARE = "kerasae"  # the PNG text chunk that marks a figure as written by this package
WIDE = 8.0  # inches; a wider figure takes the full width of the page
LARGE = 5.6  # inches; a wider figure scrolls sideways on a phone instead of shrinking until it is illegible
LEGIBLE = 60  # pixels per inch, at which 9 points are 7.5 pixels
TEXT_FIELDS = ("name", "title", "caption", "alt", "width", "height")  # of figures.json


@dataclass(frozen=True)
class ReportFigure:
    """A drawn figure.

    Attributes:
        name: the stem of its PNG file, and of its HTML id.
        title: the heading.
        caption: what the figure shows and how to read it, as plain text.
        alt: the alternative text.
        png: the content of the PNG file.
        width: in inches.
        height: in inches.
    """

    name: str
    title: str
    caption: str
    alt: str
    png: bytes
    width: float
    height: float

    @property
    def source(self) -> str:
        """The image as a data URI."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode()

    @property
    def wide(self) -> bool:
        """Whether the figure takes the full width of the page."""
        return self.width > WIDE

    @property
    def least_width(self) -> int:
        """The minimum width in pixels; 0 if the figure may shrink freely."""
        return round(self.width * LEGIBLE) if self.width > LARGE else 0

    def texts_to_json(self) -> dict[str, str | float]:
        """Return all but the PNG, as figures.json holds it."""
        return {field: getattr(self, field) for field in TEXT_FIELDS}


def report_figure(name: str, title: str, caption: str, alt: str, figure: Figure) -> ReportFigure:
    """Render a matplotlib figure as a PNG whose text chunks name this package and the figure."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH, metadata={"Software": SOFTWARE, "Title": name})
    width, height = map(float, figure.get_size_inches())
    return ReportFigure(name, title, caption, alt, buffer.getvalue(), width, height)


def write_report_figures(report_figures: Iterable[ReportFigure], folder: Path) -> dict[str, ReportFigure]:
    """Write figures into a folder, remove those of an earlier report, and return all by name.

    A PNG is removed only if its text chunks say that it is a figure of its own file name; files of the user stay.
    """
    by_name = {figure.name: figure for figure in report_figures}
    for path in folder.glob("*.png"):
        if path.stem not in by_name and _is_report_figure(path):
            path.unlink()
            forget(path)
    for name, figure in by_name.items():
        with written_whole(folder / f"{name}.png") as temporary:
            temporary.write_bytes(figure.png)
    return by_name


def _is_report_figure(path: Path) -> bool:
    """Tell whether `report_figure` has rendered this file under this name."""
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=["PNG"]) as image:  # however large
            return (image.info.get("Software"), image.info.get("Title")) == (SOFTWARE, path.stem)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False


def write_figure_texts(report_figures: Mapping[str, ReportFigure], path: Path) -> None:
    """Write the texts and sizes of figures as JSON, so that another page can show the figures of the same folder."""
    write_json(path, [figure.texts_to_json() for figure in report_figures.values()])


def read_report_figures(path: Path) -> dict[str, ReportFigure]:
    """Read the figures of a folder, by name, whose texts `write_figure_texts` has written to `path`.

    Returns:
        An empty dict if there is no such file. A figure whose PNG is missing, changed or damaged is left out with a
        warning.
    """
    if not path.exists():
        return {}
    report_figures: dict[str, ReportFigure] = {}
    for texts in without(functools.partial(_read_figure_texts, path), list[dict[str, Any]]()):
        png = without(functools.partial(read_bytes, path.parent / f"{texts['name']}.png"), None)
        if png is not None:
            report_figures[texts["name"]] = ReportFigure(**texts, png=png)
    return report_figures


def _read_figure_texts(path: Path) -> list[dict[str, Any]]:
    rows = read_json(path)
    if not isinstance(rows, list) or any(not isinstance(row, dict) or row.keys() != set(TEXT_FIELDS) for row in rows):
        raise damaged(path, f"expected a list of objects with {', '.join(TEXT_FIELDS)}")
    return rows
