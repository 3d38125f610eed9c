"""A drawn figure with its words, kept as a PNG file and ready to be shown in a page."""

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
SOFTWARE = "kerasae"
WIDE = 8.0  # inches; beyond, a figure takes the width of the page
LARGE = 5.6  # inches; beyond, it scrolls sideways on a phone instead of shrinking until it cannot be read
FIELDS = ("name", "title", "caption", "alt", "width", "height")
LEGIBLE = 60  # pixels an inch, at which 9 points are 7.5 pixels


@dataclass(frozen=True)
class ReportFigure:
    """A drawn figure: a PNG, its size in inches, and the words around it as plain text."""

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
        """Whether it takes the page's whole width."""
        return self.width > WIDE

    @property
    def least_width(self) -> int:
        """The pixels below which it is not shrunk; 0 where it may shrink freely."""
        return round(self.width * LEGIBLE) if self.width > LARGE else 0


def report_figure(name: str, title: str, caption: str, alt: str, figure: Figure) -> ReportFigure:
    """Draw a figure as a PNG that says in its text chunks that it is ours, and its name."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH, metadata={"Software": SOFTWARE, "Title": name})
    width, height = map(float, figure.get_size_inches())
    return ReportFigure(name, title, caption, alt, buffer.getvalue(), width, height)


def keep(report_figures: Iterable[ReportFigure], folder: Path) -> dict[str, ReportFigure]:
    """Write plates into a folder, remove those of an earlier drawing, and return all by name.

    Only a PNG is removed that says itself that it is a plate of this name; a copy under another name is its owner's.
    """
    drawn = {one.name: one for one in report_figures}
    for path in folder.glob("*.png"):
        if path.stem not in drawn and _is_plate(path):
            path.unlink()
            forget(path)
    for name, one in drawn.items():
        with written_whole(folder / f"{name}.png") as temporary:
            temporary.write_bytes(one.png)
    return drawn


def _is_plate(path: Path) -> bool:
    """Tell whether a file is a plate of its own name, as `plate` has drawn it."""
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=["PNG"]) as image:  # however large
            return (image.info.get("Software"), image.info.get("Title")) == (SOFTWARE, path.stem)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False


def keep_words(report_figures: Mapping[str, ReportFigure], path: Path) -> None:
    """Write what stands around kept plates, so that another page can show them."""
    write_json(path, [{field: getattr(one, field) for field in FIELDS} for one in report_figures.values()])


def kept(path: Path) -> dict[str, ReportFigure]:
    """Read the plates whose words lie in a file of `keep_words`, from the same folder; none where there is no file.

    A plate that is missing, changed or damaged is left out with a line.
    """
    if not path.exists():
        return {}
    report_figures: dict[str, ReportFigure] = {}
    for fields in without(functools.partial(_words, path), list[dict[str, Any]]()):
        png = without(functools.partial(read_bytes, path.parent / f"{fields['name']}.png"), None)
        if png is not None:
            report_figures[fields["name"]] = ReportFigure(**fields, png=png)
    return report_figures


def _words(path: Path) -> list[dict[str, Any]]:
    listed = read_json(path)
    if not isinstance(listed, list) or any(not isinstance(each, dict) or each.keys() != set(FIELDS) for each in listed):
        raise damaged(path, f"expected a list of objects with {', '.join(FIELDS)}")
    return listed
