"""The figures of a report, drawn, kept as PNG files and ready to be shown in a page."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import keras

from kerasae.report.illustrations import NAMES, illustrations
from kerasae.report.materials import Materials
from kerasae.runs import Run, written_whole

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
    plates = {}
    for drawn in illustrations(materials, model, pictures):
        buffer = io.BytesIO()
        drawn.figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH)
        width, height = map(float, drawn.figure.get_size_inches())
        plates[drawn.name] = Plate(drawn.name, drawn.title, drawn.caption, drawn.alt, buffer.getvalue(), width, height)
    for name in NAMES:
        path = run.figures / f"{name}.png"
        if name in plates:
            with written_whole(path) as temporary:
                temporary.write_bytes(plates[name].png)
        else:
            path.unlink(missing_ok=True)  # of an earlier evaluation
    return plates
