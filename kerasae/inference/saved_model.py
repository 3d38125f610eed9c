"""Prediction with an exported SavedModel."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import tensorflow as tf

from kerasae.data.value_range import setting
from kerasae.files.manifest import check_all, remind
from kerasae.files.reading import damaged
from kerasae.inference.export_facts import EXPORT_FACTS, ExportFacts
from kerasae.inference.operations import check_operations
from kerasae.inference.predictor import Outputs, Predictor
from kerasae.utils.errors import RequestError, in_a_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

SIGNATURE = "serving_default"
FIX = "make the export again with: kerasae export RUN"
# TensorFlow looks for the variables by a glob pattern that it makes of the path; `*` and `?` match themselves.
_GLOB_CHARACTERS = set("[\\")


def is_saved_model(path: Path) -> bool:
    """Return whether a folder is an export; one with a missing file counts, so that the error names the file."""
    return any((path / name).exists() for name in ("saved_model.pb", EXPORT_FACTS.parent))


class SavedModelPredictor(Predictor):
    """An exported SavedModel, which is checked before anything in it runs.

    Args:
        path: the folder of the SavedModel.

    Raises:
        RequestError: a file is missing, changed or damaged, the model generates images, or its graph holds an
            operation that may do more than compute.
    """

    def __init__(self, path: Path) -> None:
        has_manifest = check_all(path, FIX)
        if not has_manifest:
            remind(path.resolve(), "export")
        facts = ExportFacts.read(path, FIX)
        if facts.generates or facts.resize is None:
            raise RequestError(
                "predict",
                expected="a model that predicts",
                received=f"{path}, the export of a generator, which makes images",
            )
        check_operations(path)
        with loadable(path) as loadable_path:
            try:
                self._loaded = tf.saved_model.load(loadable_path)  # kept: it holds the variables
            except Exception as error:  # TensorFlow raises almost anything
                if has_manifest:
                    raise
                raise damaged(path, in_a_line(error), FIX) from None
        if SIGNATURE not in self._loaded.signatures:
            raise damaged(path, f"expected a signature {SIGNATURE!r}", FIX)
        self.path = path
        self.class_names = facts.class_names
        self.image_shape = facts.image_shape
        self.resize = facts.resize
        self.limits = setting(facts.value_range)

    def predict(self, images: np.ndarray) -> Outputs:
        """Serve uint8 images (n, H, W, C)."""
        return Outputs.of(images, self._loaded.signatures[SIGNATURE](images=tf.constant(images)))


@contextlib.contextmanager
def loadable(path: Path) -> Iterator[Path]:
    """Yield a path that `tf.saved_model.load` finds all of a SavedModel under, valid inside the block.

    That is `path` itself, or a link to it where TensorFlow would not find it by its own name, as `runs/mine [2]`.
    """
    if not _GLOB_CHARACTERS & set(str(path)):
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder) / "saved_model"
        link.symlink_to(path.resolve(), target_is_directory=True)
        yield link
