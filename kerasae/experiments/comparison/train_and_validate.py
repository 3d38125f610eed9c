"""The work of one run of a comparison: train, evaluate, report, and measure the validation images too."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasae.files.reading import read_json
from kerasae.files.writing import write_json
from kerasae.runs.folder import RunFolder
from kerasae.utils.tensorflow import load_tensorflow

if TYPE_CHECKING:
    from collections.abc import Mapping


def train_and_validate(run_path: str, validation_path: str) -> None:
    """Finish a begun run without rejection and export, then measure its model on the validation images.

    The metrics.json of a run is about test images only.

    Args:
        run_path: the run directory.
        validation_path: where metrics (.json) and predictions (.npz) of the validation images are written; without
            suffix.
    """
    load_tensorflow()
    from kerasae.evaluation.metrics import ImageSetMetrics
    from kerasae.inference.forward import predict_image_set
    from kerasae.losses import ReconstructionLoss
    from kerasae.models import TrainedModel, deviation
    from kerasae.tasks.joint_evaluation import write_predictions
    from kerasae.workflows.train import go_on

    run, validation = RunFolder(Path(run_path)), Path(validation_path)
    trained, collection = go_on(run, exports=False)
    assert isinstance(trained, TrainedModel)  # a comparison has no adversarial models
    loss = ReconstructionLoss(run.recipe.loss.reconstruction, deviation(trained.model))
    predictions = predict_image_set(trained, collection.validation, loss=loss)
    write_predictions(validation.with_suffix(".npz"), predictions, collection.validation, collection.facts.source)
    metrics = ImageSetMetrics.of(predictions, collection.class_names).to_json()
    write_json(validation.with_suffix(".json"), {"model": _model_digest(run), "validation": metrics})


def is_finished(run: RunFolder, validation: Path) -> bool:
    """Return whether `train_and_validate` has nothing left to do."""
    if not all(path.is_file() for path in (run.model, run.metrics, run.predictions, run.report)):
        return False
    return validation.with_suffix(".json").exists() and _read(validation)["model"] == _model_digest(run)


def read_validation_metrics(validation: Path) -> Mapping[str, Any]:
    """Read the metrics of the validation images that `train_and_validate` wrote.

    Raises:
        RequestError: the file is missing, changed or damaged.
    """
    metrics: Mapping[str, Any] = _read(validation)["validation"]
    return metrics


def _read(validation: Path) -> Mapping[str, Any]:
    path = validation.with_suffix(".json")
    content: Mapping[str, Any] = read_json(
        path, {"model": str, "validation": dict}, f"remove {path} to measure it again"
    )
    return content


def _model_digest(run: RunFolder) -> str:
    """Return the SHA-256 of the run's model, which tells whether it was trained again after it was measured."""
    with run.model.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
