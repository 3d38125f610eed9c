"""PNG files: the chunks that pixels depend on, and the transparent grey level."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from PIL import Image

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TEXT_CHUNKS = (b"tEXt", b"zTXt", b"iTXt")
# The texts in which ImageMagick and Adobe keep an orientation.
_ORIENTATIONS = (b"Raw profile type exif\0", b"XML:com.adobe.xmp\0")
_LONGEST_TEXT = 2**20  # bytes, unpacked: of longer ones Pillow would refuse the file


def pixels_alone(file: BinaryIO) -> tuple[io.BytesIO, int]:
    """Copy a PNG without profiles, texts, animation and whatever else no pixel of its first image depends on.

    The critical chunks, `tRNS` and intact chunks that may hold an orientation are kept. A truncated file stays
    truncated.

    Args:
        file: positioned at its start.

    Returns:
        The copy, and how many bits of a value are significant by the chunk `sBIT`, 0 if there is none.
    """
    copy = io.BytesIO()
    copy.write(file.read(len(SIGNATURE)))
    significant = 0
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        if not kind[0] & 0x20 or kind in (b"tRNS", b"eXIf", b"sBIT", *_TEXT_CHUNKS):
            rest = file.read(length + 4)  # with the checksum
            body = rest[:length]
            intact = len(rest) == length + 4 and rest[length:] == struct.pack(">I", zlib.crc32(kind + body))
            if kind == b"sBIT":
                significant = max(body, default=0) if intact else 0
            elif kind in _TEXT_CHUNKS or kind == b"eXIf":
                if intact and (kind == b"eXIf" or _has_orientation(kind, body)):
                    copy.write(head + rest)
            else:
                copy.write(head + rest)
        else:
            file.seek(length + 4, io.SEEK_CUR)
        if kind == b"IEND":
            break
    copy.seek(0)
    return copy, significant


def _has_orientation(kind: bytes, body: bytes) -> bool:
    """Return whether a text chunk may hold an orientation and can be read by Pillow."""
    if not body.startswith(_ORIENTATIONS) or len(body) > _LONGEST_TEXT:
        return False
    packed = body.partition(b"\0")[2]
    if kind == b"tEXt":
        return True
    if kind == b"iTXt":
        if packed[:1] != b"\1":
            return True
        packed = b"\0" + packed[2:].split(b"\0", 2)[-1]
    unpacker = zlib.decompressobj()
    try:
        unpacker.decompress(packed[1:], _LONGEST_TEXT)
    except zlib.error:
        return False
    return not unpacker.unconsumed_tail


def scale_transparency(image: Image.Image) -> None:
    """Scale the transparent grey level of a PNG file to the range of the pixels, which Pillow does not.

    Raises:
        ValueError: one of 16-bit colours is transparent, which Pillow cannot tell from its neighbours.
    """
    tiles = getattr(image, "tile", None)
    if image.format != "PNG" or "transparency" not in image.info or not tiles:
        return
    stored = tiles[0].args
    if stored in ("L;2", "L;4"):
        image.info["transparency"] *= 0xFF // (2 ** int(stored[-1]) - 1)
    elif stored == "RGB;16B":  # Pillow drops the lower bits before it compares
        raise ValueError("a transparent colour among 16-bit ones, which Pillow cannot tell from its neighbours")
