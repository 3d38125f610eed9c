"""The figures of a report, drawn, kept as PNG files and ready to be shown in a page."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import keras
from matplotlib.figure import Figure

from kerasae.report.illustrations import NAMES, illustrations
from kerasae.report.materials import Materials
from kerasae.runs import Run, read_json, write_json, written_whole

if TYPE_CHECKING:
    from kerasae.data.pictures import Pictures

DOTS_PER_INCH = 200
WIDE = 8.0  # inches; beyond, a figure takes the width of the page
LARGE = 5.6  # inches; beyond, it scrolls sideways on a phone instead of shrinking until it cannot be read
LEGIBLE = 60  # pixels an inch, at which 9 points are 7.5 pixels


@dataclass(frozen=True)
class Plate:
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
        """The picture as a data URI."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode()

    @property
    def wide(self) -> bool:
        """Whether it takes the page's whole width."""
        return self.width > WIDE

    @property
    def least_width(self) -> int:
        """The pixels below which it is not shrunk; 0 where it may shrink freely."""
        return round(self.width * LEGIBLE) if self.width > LARGE else 0


def draw(run: Run, materials: Materials, model: keras.Model, pictures: Pictures) -> dict[str, Plate]:
    """Draw every figure that the run has the numbers for, keep each in the run's figures, and return all by name."""
    plates = {
        drawn.name: plate(drawn.name, drawn.title, drawn.caption, drawn.alt, drawn.figure)
        for drawn in illustrations(materials, model, pictures)
    }
    keep(plates, run.figures, NAMES)
    return plates


def plate(name: str, title: str, caption: str, alt: str, figure: Figure) -> Plate:
    """Draw a figure as a PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH)
    width, height = map(float, figure.get_size_inches())
    return Plate(name, title, caption, alt, buffer.getvalue(), width, height)


def keep(plates: Mapping[str, Plate], folder: Path, names: Sequence[str]) -> None:
    """Write the plates into a folder, and remove those of `names` that an earlier drawing left."""
    for name in names:
        path = folder / f"{name}.png"
        if name in plates:
            with written_whole(path) as temporary:
                temporary.write_bytes(plates[name].png)
        else:
            path.unlink(missing_ok=True)


def keep_words(plates: Mapping[str, Plate], path: Path) -> None:
    """Write what stands around kept plates, so that another page can show them."""
    fields = ("name", "title", "caption", "alt", "width", "height")
    write_json(path, [{field: getattr(one, field) for field in fields} for one in plates.values()])


def kept(path: Path) -> dict[str, Plate]:
    """Read the plates whose words lie in a file of `keep_words`, from the same folder; none where there is no file."""
    if not path.is_file():
        return {}
    return {
        words["name"]: Plate(**words, png=(path.parent / f"{words['name']}.png").read_bytes())
        for words in read_json(path)
        if (path.parent / f"{words['name']}.png").is_file()
    }
