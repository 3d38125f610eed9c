"""The measures that runs are compared by, and where metrics.json holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Measure:
    """A number of a run.

    Attributes:
        key: its name in comparison.json.
        title: its name in tables and figures.
        path: dotted keys that lead to it in the metrics of a split, or in metrics.json unless `of_split`.
        style: how it is written, a key of `utils.formatting.FORMATS`.
        better: which values are better; None where neither are.
        of_split: whether it is measured on the images of a split.
    """

    key: str
    title: str
    path: str
    style: str
    better: Literal["higher", "lower"] | None
    of_split: bool = True


MEASURES = (
    Measure("accuracy", "Accuracy", "label.accuracy", "hundredths", "higher"),
    Measure("macro_f1", "Macro-F1", "label.macro_f1", "hundredths", "higher"),
    Measure("calibration_error", "Calibration error", "label.expected_calibration_error", "fixed", "lower"),
    Measure("mse", "Reconstruction MSE", "reconstruction.mse", "fine", "lower"),
    Measure("psnr", "PSNR", "reconstruction.psnr", "decibels", "higher"),
    Measure("ssim", "SSIM", "reconstruction.ssim", "fixed", "higher"),
    Measure("training_seconds", "Training time", "timings.training_seconds", "seconds", None, of_split=False),
    Measure("parameters", "Parameters", "model.parameters", "large", None, of_split=False),
)
BY_KEY = {measure.key: measure for measure in MEASURES}


def measured_values(metrics: Mapping[str, Any], split_metrics: Mapping[str, Any]) -> dict[str, float]:
    """Return the measures that a run has, by key.

    Args:
        metrics: the content of its metrics.json.
        split_metrics: its metrics on the images that are compared.
    """
    values = {measure.key: _at(split_metrics if measure.of_split else metrics, measure.path) for measure in MEASURES}
    return {key: float(value) for key, value in values.items() if value is not None}


def class_accuracies(split_metrics: Mapping[str, Any]) -> dict[str, float]:
    """Return the recall of each class that has images, by class name."""
    rows = split_metrics.get("label", {}).get("per_class", [])
    return {row["name"]: float(row["recall"]) for row in rows if row["recall"] is not None}


def _at(tree: Mapping[str, Any], path: str) -> Any:
    value: Any = tree
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
