"""Read the images that a user names, one by one or by folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rich.progress import track

from kerasae.data.decoding import decode
from kerasae.data.resizing import Resize, compiled_resize
from kerasae.data.sources.folder import images_below
from kerasae.data.sources.naming import printable
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rich.console import Console

    from kerasae.data.value_range import Range


def expand(images: Sequence[Path], key: str) -> list[Path]:
    """Replace each folder by the images below it, as training finds them.

    Raises:
        RequestError: a folder without images; `key` begins the message.
    """
    paths: list[Path] = []
    for path in images:
        if path.is_dir():
            below = images_below(path)
            if not below:
                raise RequestError(key, expected=f"images in {path}", received="a folder without any")
            paths += below
        else:
            paths.append(path)
    return paths


def read(
    path: Path, image_shape: tuple[int, int, int], mode: Resize, key: str, limits: Range | None = None
) -> np.ndarray:
    """Read one image in a run's shape and range of values (`limits`): uint8 (H, W, C).

    Raises:
        RequestError: the file does not exist, cannot be decoded, or has a name that is not UTF-8, which no output
            could show; `key` begins the message.
    """
    if printable(path) != str(path):
        raise RequestError(key, expected="a name in UTF-8", received=f"{printable(path)}, which is not valid UTF-8")
    if not path.is_file():
        raise RequestError(key, expected="an image file", received=f"{str(path)!r}, which does not exist")
    try:
        image = decode(path, limits)
    except Exception as error:  # Pillow's decoders raise nearly anything on damaged files
        raise RequestError(
            key, expected="an image that can be decoded", received=f"{path}, which cannot be decoded: {error}"
        ) from None
    return np.asarray(compiled_resize(image_shape, mode)(image))


def read_each(
    images: Sequence[Path],
    image_shape: tuple[int, int, int],
    mode: Resize,
    key: str,
    console: Console,
    limits: Range | None = None,
) -> Iterator[tuple[Path, np.ndarray]]:
    """Yield images, also those in folders, as path and uint8 (H, W, C), with a progress bar.

    A file in a folder that cannot be decoded is left out, with a line on the console; one that was named is an error.

    Raises:
        RequestError: as `expand` and `read`, or none of the images in the folders can be decoded.
    """
    count, named = 0, set(images)
    for path in track(expand(images, key), "reading", console=console, transient=True):
        try:
            image = read(path, image_shape, mode, key, limits)
        except RequestError as error:
            if path in named:
                raise
            console.print(f"left out: {error.received}", soft_wrap=True)
            continue
        count += 1
        yield path, image
    if not count:
        raise RequestError(key, expected="an image that can be decoded", received="none")
