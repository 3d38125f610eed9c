"""The common style of all figures: colours safe for colour blindness, sizes legible on a phone, safe text."""

from __future__ import annotations

import functools
import unicodedata
from typing import TYPE_CHECKING, Literal, NamedTuple

import matplotlib
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

WIDTH = 5.2  # inches: 10 points are then 9 pixels on a phone and 14 in half a laptop's width
INK = "#1f2328"
FAINT = "#8b949e"
HAIRLINE = "#e4e7eb"
EMPTY = "#f4f5f7"

# Okabe and Ito 2008, "Color Universal Design".
BLUE, ORANGE, GREEN, VERMILLION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PURPLE = "#56B4E9", "#CC79A7"
# Up to fourteen distinct looks: the second seven differ from the first in line style and marker.
_COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, INK)
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")


class Look(NamedTuple):
    """How one of several series is drawn: colour, line style and marker."""

    colour: str
    line: str | tuple[float, tuple[float, ...]]
    marker: str


def look(index: int) -> Look:
    """Return the look of the series at `index`, the same in every figure."""
    cycle, position = divmod(index, len(_COLOURS))
    return Look(_COLOURS[position], ("-", (0, (4, 1.5)))[cycle % 2], _MARKERS[(position + 3 * cycle) % len(_MARKERS)])


# Fonts for scripts that DejaVu Sans, which matplotlib ships, does not cover; used where installed.
OTHER_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Hiragino Sans",
    "PingFang SC",
    "Microsoft YaHei",
    "Yu Gothic",
    "WenQuanYi Zen Hei",
    "Noto Sans Devanagari",
    "Arial Unicode MS",
)


def new_figure(height: float, width: float = WIDTH) -> Figure:
    """Return an empty white figure of a size in inches, with a constrained layout."""
    return Figure((width, height), dpi=200, layout="constrained", facecolor="white")


def tidy(axes: Axes, *, grid: Literal["x", "y"] | None = "y") -> None:
    """Remove the top and right spines, and draw a hairline grid behind the data for one axis, or none."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(FAINT)
    axes.tick_params(color=FAINT, labelcolor=INK, labelsize=9)
    axes.set_axisbelow(True)
    if grid:
        axes.grid(axis=grid, color=HAIRLINE, linewidth=0.8)


def finish(figure: Figure) -> Figure:
    """Let every text of a figure fall back to the installed fonts, and return the figure."""
    families = [name for name, _ in _fonts()]
    if len(families) > 1:
        for text in figure.findobj(Text):
            text.set_fontfamily(families)
    return figure


def drawable(text: str, length: int = 24) -> str:
    """Return text that is safe to draw: one line, at most `length` characters, no math, boxes for missing glyphs."""
    plain = " ".join("".join(" " if unicodedata.category(char)[0] == "C" else char for char in text).split())
    if len(plain) > length:
        # The middle is cut, since names and paths often differ at their ends.
        tail = (length - 1) // 3
        plain = plain[: length - 1 - tail] + "…" + plain[len(plain) - tail :]
    character_sets = [characters for _, characters in _fonts()]
    boxed = (char if any(ord(char) in characters for characters in character_sets) else "□" for char in plain)
    return "".join(boxed).replace("$", r"\$")


def drawables(names: Sequence[str], length: int = 24) -> list[str]:
    """Return every name as `drawable` does."""
    return [drawable(name, length) for name in names]


@functools.cache
def _fonts() -> tuple[tuple[str, frozenset[int]], ...]:
    """Return the name of each font to draw with, and its characters."""
    installed = set(font_manager.get_font_names())
    families = ["DejaVu Sans", *(name for name in OTHER_FONTS if name in installed)]
    return tuple((name, frozenset(FT2Font(font_manager.findfont(name)).get_charmap())) for name in families)


def ink_on(colour: tuple[float, ...]) -> str:
    """Return the text colour with the best contrast on an RGB(A) colour in [0, 1]."""
    red, green, blue = colour[:3]
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > 0.55 else "white"


def magnitude() -> matplotlib.colors.Colormap:
    """Return a perceptually uniform colour map for magnitudes; masked values are nearly white."""
    return matplotlib.colormaps["cividis_r"].with_extremes(bad=EMPTY)
