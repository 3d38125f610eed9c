"""PNG files without what no pixel depends on."""

from __future__ import annotations

import io
import struct
import zlib
from typing import BinaryIO

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
# Where ImageMagick and Adobe keep an orientation.
_ORIENTATIONS = (b"Raw profile type exif\0", b"XML:com.adobe.xmp\0")
_LONGEST_TEXT = 2**20  # bytes, unpacked: of longer ones Pillow would refuse the file


def pixels_alone(file: BinaryIO) -> tuple[io.BytesIO, int]:
    """Copy a PNG without profiles, texts, animation and all else that no pixel of its first image depends on.

    Kept are the critical chunks, `tRNS`, and where an orientation may stand, unless that chunk is damaged. A file that
    is cut off stays cut off.

    Args:
        file: at its start.

    Returns:
        The copy, and how many bits of a value are significant as `sBIT` has it, 0 if it does not say.
    """
    copy = io.BytesIO()
    copy.write(file.read(len(SIGNATURE)))
    significant = 0
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        if not kind[0] & 0x20 or kind in (b"tRNS", b"eXIf", b"sBIT", *_TEXTS):
            rest = file.read(length + 4)  # with the checksum
            body = rest[:length]
            intact = len(rest) == length + 4 and rest[length:] == struct.pack(">I", zlib.crc32(kind + body))
            if kind == b"sBIT":
                significant = max(body, default=0) if intact else 0
            elif kind in _TEXTS or kind == b"eXIf":
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
    """Return whether a chunk of text may hold an orientation and is one that Pillow reads."""
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
