"""Pictures that a user names one by one, or by folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kerasae.data.decoding import SUFFIXES, Resize, compiled_resize, decode
from kerasae.errors import RequestError


def expand(images: Sequence[Path], key: str) -> list[Path]:
    """Put in place of each folder the pictures below it, in the order of their paths.

    Raises:
        RequestError: a folder without any; `key` begins the line.
    """
    paths: list[Path] = []
    for path in images:
        if path.is_dir():
            found = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
            if not found:
                raise RequestError(f"{key}: expected pictures in {path}. Received: a folder without any")
            paths += found
        else:
            paths.append(path)
    return paths


def read(path: Path, image_shape: tuple[int, int, int], mode: Resize, key: str) -> np.ndarray:
    """Read one picture in a run's shape: uint8 (H, W, C).

    Raises:
        RequestError: it does not exist or cannot be decoded; `key` begins the line.
    """
    if not path.is_file():
        raise RequestError(f"{key}: expected a picture's file. Received: {str(path)!r}, which does not exist")
    try:
        picture = decode(path)
    except Exception as error:  # Pillow's decoders raise nearly anything on damaged files
        raise RequestError(f"{key}: {path} cannot be decoded: {error}") from None
    return np.asarray(compiled_resize(image_shape, mode)(picture))
