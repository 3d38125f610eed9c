"""Loading a SavedModel from any path."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# TensorFlow looks for the variables by a pattern that it makes of the path; `*` and `?` match themselves.
PATTERN = set("[\\")


@contextlib.contextmanager
def loadable(path: Path) -> Iterator[Path]:
    """Yield a path that `tf.saved_model.load` finds all of a SavedModel under, valid inside the block.

    That is `path` itself, or a link to it where TensorFlow would not find it by its own name, as `runs/mine [2]`.
    """
    if not PATTERN & set(str(path)):
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder) / "saved_model"
        link.symlink_to(path.resolve(), target_is_directory=True)
        yield link
