"""The judge: a classifier, independent of the generating model, that predicts the classes of generated images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import keras
import numpy as np

from kerasae.data.images import batch_size
from kerasae.inference.forward import collected, forward
from kerasae.models import JointAutoencoder, load_trained, model_with_features
from kerasae.runs.folder import RunFolder
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True)
class JudgePredictions:
    """What a judge predicts for n images.

    Attributes:
        labels: int (n,), classes of the run, -1 for a class that the run does not have.
        features: float32 (n, d), the judge's pooled latents.
    """

    labels: np.ndarray
    features: np.ndarray


class Judge:
    """A trained classifier that predicts the classes of a run.

    Args:
        path: of the judge's own run.
        model: with a softmax head.
        judge_classes: the judge's class names, in the order of its head.
        run_classes: the run's class names, which predictions refer to.
    """

    def __init__(
        self, path: Path, model: JointAutoencoder, judge_classes: Sequence[str], run_classes: Sequence[str]
    ) -> None:
        self.path = path
        inner = model_with_features(model)
        self._call = forward(keras.Model(inner.input, {name: inner.output[name] for name in ("label", "latent")}))
        run_labels = {name: label for label, name in enumerate(run_classes)}
        self._run_labels = np.array([run_labels.get(name, -1) for name in judge_classes])

    def __call__(self, images: np.ndarray) -> JudgePredictions:
        """Classify images, uint8 (n, H, W, C), n > 0."""
        size = batch_size(images.shape[1:])
        outputs = collected(self._call(images[start : start + size]) for start in range(0, len(images), size))
        return JudgePredictions(self._run_labels[outputs["label"].argmax(axis=1)], outputs["latent"])


def load_judge(judge_run: RunFolder, run_classes: Sequence[str]) -> Judge:
    """Load the judge of a trained run, for a run with these class names."""
    model = load_trained(judge_run, needs_rejection=False).model
    return Judge(judge_run.path, model, judge_run.facts.class_names, run_classes)


def check_judge(path: Path, run: RunFolder) -> None:
    """Check that a run can judge the images of another run, before any model is loaded.

    Raises:
        RequestError: there is no such run, it is the run itself, it has no classifier, or its classes or image shape
            do not fit.
    """
    judge_run = RunFolder.open(path)
    if path.resolve() == run.path.resolve():
        raise RequestError(
            "--judge", expected="another run, since none judges its own images", received=f"{str(path)!r}"
        )
    if "label" not in judge_run.recipe.heads:
        raise RequestError(
            "--judge",
            expected="a run with a classifier",
            received=f"{str(path)!r}, which has none",
            fix="train one with: kerasae train judge --data SOURCE",
        )
    run_classes, judge_classes = run.facts.class_names, judge_run.facts.class_names
    missing = [name for name in run_classes if name not in judge_classes]
    if missing:
        raise RequestError(
            "--judge",
            expected=f"a run that knows the classes {', '.join(run_classes)}",
            received=f"{str(path)!r}, which does not know {', '.join(missing)}",
        )
    run_shape, judge_shape = run.recipe.data.image_shape, judge_run.recipe.data.image_shape
    if run_shape != judge_shape:
        raise RequestError(
            "--judge",
            expected=f"a run on images of {run_shape}",
            received=f"{str(path)!r}, on {judge_shape}",
            fix=f"train one with --set 'data.image_shape={run_shape}'",
        )
