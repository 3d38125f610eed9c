"""The choice of a predictor by what lies at a path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kerasae.files.replacing import read_whole

if TYPE_CHECKING:
    from pathlib import Path

    from kerasae.inference.predictor import Predictor


def open_predictor(path: Path) -> Predictor:
    """Open a trained model for prediction.

    Args:
        path: a run's directory, or the folder of an exported SavedModel.

    Raises:
        RequestError: it is neither, a file is missing, changed or damaged, or the model generates images.
    """
    # Imported here, so that an export is served without the modules that build models.
    from kerasae.inference.saved_model import SavedModelPredictor, is_saved_model

    if is_saved_model(path):
        return read_whole(path, SavedModelPredictor)
    from kerasae.inference.run_predictor import RunPredictor

    return RunPredictor(path)
