"""Prediction with the Keras model of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kerasae.data.value_range import setting
from kerasae.files.reading import damaged
from kerasae.inference.forward import forward
from kerasae.inference.predictor import Outputs, Predictor
from kerasae.models import load_trained, model_with_ood_score
from kerasae.runs.folder import RunFolder

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np


class RunPredictor(Predictor):
    """The trained model of a run, with its rejection if it has one.

    Args:
        path: the run's directory.

    Raises:
        RequestError: it is no run, its model generates images, or a file is missing, changed or damaged.
    """

    def __init__(self, path: Path) -> None:
        run = RunFolder.open(path)
        self.path = path
        data = run.recipe.data
        image_shape = data.image_shape
        if image_shape == "auto":  # which the recipe of no run has
            raise damaged(run.recipe_file, "expected an image_shape of numbers")
        self.class_names = tuple(run.facts.class_names)
        self._forward = forward(model_with_ood_score(load_trained(run)))
        height, width, channels = image_shape
        self.image_shape = (height, width, channels)
        self.resize = data.resize
        self.limits = setting(data.range)

    def predict(self, images: np.ndarray) -> Outputs:
        """Run the model on uint8 images (n, H, W, C)."""
        return Outputs.of(images, self._forward(images))
