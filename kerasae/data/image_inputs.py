"""Images that a user names one by one, or by folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rich.progress import track

from kerasae.data.decoding import Resize, compiled_resize, decode
from kerasae.data.sources.folder import images_below
from kerasae.data.sources.naming import printable
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rich.console import Console

    from kerasae.data.value_range import Range


def expand(images: Sequence[Path], key: str) -> list[Path]:
    """Put in place of each folder the images below it, as training finds them there.

    Raises:
        RequestError: a folder without any; `key` begins the line.
    """
    paths: list[Path] = []
    for path in images:
        if path.is_dir():
            found = images_below(path)
            if not found:
                raise RequestError(key, expected=f"images in {path}", received="a folder without any")
            paths += found
        else:
            paths.append(path)
    return paths


def read(
    path: Path, image_shape: tuple[int, int, int], mode: Resize, key: str, limits: Range | None = None
) -> np.ndarray:
    """Read one image in a run's shape, and from the run's range of values (`limits`): uint8 (H, W, C).

    Raises:
        RequestError: it does not exist, cannot be decoded, or has a name that is not UTF-8, which no answer could
            give; `key` begins the line.
    """
    if printable(path) != str(path):
        raise RequestError(key, received=f"{printable(path)} has a name that is not valid UTF-8")
    if not path.is_file():
        raise RequestError(key, expected="an image's file", received=f"{str(path)!r}, which does not exist")
    try:
        image = decode(path, limits)
    except Exception as error:  # Pillow's decoders raise nearly anything on damaged files
        raise RequestError(key, received=f"{path} cannot be decoded: {error}") from None
    return np.asarray(compiled_resize(image_shape, mode)(image))


def read_each(
    images: Sequence[Path],
    image_shape: tuple[int, int, int],
    mode: Resize,
    key: str,
    console: Console,
    limits: Range | None = None,
) -> Iterator[tuple[Path, np.ndarray]]:
    """Read images, and those in folders, one after the other, with a progress bar: path and uint8 (H, W, C).

    What cannot be decoded is left out of a folder, with a line; named by itself it is an error.

    Raises:
        RequestError: as `expand` and `read` do, or all images of the folders are broken.
    """
    count, named = 0, set(images)
    for path in track(expand(images, key), "reading", console=console, transient=True):
        try:
            image = read(path, image_shape, mode, key, limits)
        except RequestError as error:
            if path in named:
                raise
            console.print(f"left out: {str(error).removeprefix(f'{key}: ')}", soft_wrap=True)
            continue
        count += 1
        yield path, image
    if not count:
        raise RequestError(key, expected="an image that can be decoded", received="none")
