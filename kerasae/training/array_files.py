"""Lists of arrays in .npz files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kerasae.files.reading import damaged, read_npz
from kerasae.files.writing import written_whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def write_arrays(path: Path, arrays: Sequence[np.ndarray], **named: Any) -> None:
    """Write a list of arrays in order, and further arrays by name, in one step."""
    with written_whole(path) as temporary:
        entries: dict[str, Any] = {f"array_{index}": array for index, array in enumerate(arrays)}
        np.savez(temporary, **entries, **named)


def read_arrays(path: Path) -> list[np.ndarray]:
    """Read the list of arrays that `write_arrays` wrote.

    Raises:
        RequestError: the file is missing, changed or damaged.
    """
    stored = read_npz(path)
    names = [f"array_{index}" for index in range(sum(name.startswith("array_") for name in stored))]
    if any(name not in stored for name in names):
        raise damaged(path, "expected arrays in order")
    return [stored[name] for name in names]
