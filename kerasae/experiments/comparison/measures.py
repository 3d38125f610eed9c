"""The numbers that runs are compared by, and where a run keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Measure:
    """A number of a run; `path` leads to it in the metrics of a split, or from the root of metrics.json.

    `style` is one of `report.wording.FORMATS`; `better` says which side is, or None where neither is.
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


def values(metrics: Mapping[str, Any], split: Mapping[str, Any]) -> dict[str, float]:
    """Return what a run has of the measures.

    Args:
        metrics: its metrics.json.
        split: its metrics on the images that are compared.
    """
    found = {one.key: _at(split if one.of_split else metrics, one.path) for one in MEASURES}
    return {key: float(value) for key, value in found.items() if value is not None}


def class_accuracies(split: Mapping[str, Any]) -> dict[str, float]:
    """Return the share of each class that was named right; classes without images are left out."""
    rows = split.get("label", {}).get("per_class", [])
    return {row["name"]: float(row["recall"]) for row in rows if row["recall"] is not None}


def _at(tree: Mapping[str, Any], path: str) -> Any:
    value: Any = tree
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
