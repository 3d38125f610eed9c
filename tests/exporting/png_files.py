"""PNG files of every colour type, depth, transparency and interlace, which no library writes all."""

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Colour type: channels and depths (PNG, third edition, table 11.1).
TYPES = {0: (1, (1, 2, 4, 8, 16)), 2: (3, (8, 16)), 3: (1, (1, 2, 4, 8)), 4: (2, (8, 16)), 6: (4, (8, 16))}
GREY, COLOUR, PALETTE = 0, 2, 3
# Adam7: first column and row, and the steps, of each pass.
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


class Kind(NamedTuple):
    colour: int
    depth: int
    transparent: bool
    interlaced: bool

    def __str__(self) -> str:
        flags = "-transparent" * self.transparent + "-interlaced" * self.interlaced
        return f"type{self.colour}-{self.depth}bits{flags}"


def kinds() -> Iterator[Kind]:
    """Every kind that the standard knows."""
    for colour, (_, depths) in TYPES.items():
        for depth in depths:
            for transparent in (False, True) if colour in (GREY, COLOUR, PALETTE) else (False,):
                for interlaced in (False, True):
                    yield Kind(colour, depth, transparent, interlaced)


def random_file(kind: Kind, height: int = 9, width: int = 11, before: bytes = b"") -> bytes:
    """Return a file of random pixels, of which the first row is transparent where the kind is.

    Args:
        before: chunks to stand before the palette.
    """
    random = np.random.default_rng(0)
    levels = 2**kind.depth
    values = random.integers(0, levels, (height, width, TYPES[kind.colour][0]))
    palette = transparency = None
    if kind.colour == PALETTE:
        palette = random.integers(0, 256, 3 * levels).astype(np.uint8).tobytes()
        if kind.transparent:
            transparency = random.integers(0, 256, levels).astype(np.uint8).tobytes()
    elif kind.transparent:
        key = values[-1, -1].copy()
        values[0] = key
        transparency = key.astype(">u2").tobytes()
        if kind.depth == 16:  # a neighbour that differs in the lower bits alone
            values[2:3] = key ^ 1
    return file(values, kind, palette, transparency, before)


def file(
    values: np.ndarray, kind: Kind, palette: bytes | None = None, transparency: bytes | None = None, before: bytes = b""
) -> bytes:
    """Write values, integers (height, width, channels) below 2**depth, as a PNG file."""
    height, width, _ = values.shape
    passes = [values[y::dy, x::dx] for x, y, dx, dy in PASSES] if kind.interlaced else [values]
    rows = [row.reshape(-1) for part in passes if part.size for row in part]
    return (
        SIGNATURE
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, kind.depth, kind.colour, 0, 0, kind.interlaced))
        + before
        + (chunk(b"PLTE", palette) if palette is not None else b"")
        + (chunk(b"tRNS", transparency) if transparency is not None else b"")
        + chunk(b"IDAT", zlib.compress(b"".join(b"\0" + packed(row, kind.depth) for row in rows)))
        + chunk(b"IEND", b"")
    )


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed(row: np.ndarray, depth: int) -> bytes:
    """Return the samples of one row, most significant bits first."""
    if depth >= 8:
        return row.astype(f">u{depth // 8}").tobytes()
    return np.packbits((row[:, np.newaxis] >> np.arange(depth)[::-1] & 1).astype(np.uint8)).tobytes()
