"""From a finished run to the small file that is kept of it."""

from __future__ import annotations

import csv
from typing import Any

from kerasae.files.reading import read_json
from kerasae.recipe.loading import load
from kerasae.recipe.results import Result, experiment
from kerasae.runs.folder import RunFolder

CURVES = tuple(
    f"{split}{key}" for key in ("label_accuracy", "label_loss", "reconstruction_loss") for split in ("", "val_")
)


def measured(run: RunFolder, name: str, seed: int, overrides: list[str]) -> Result:
    """Return what is kept of a run: its figures, its curves to four digits, and what it was made on."""
    metrics, environment = read_json(run.metrics), read_json(run.environment)
    with run.history.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    flat = {**_flat(metrics["test"]), **_variants(metrics.get("variants", {}))}
    trained = [float(row["label_accuracy"]) for row in rows if row.get("label_accuracy")]
    if trained:
        flat["train_accuracy"] = trained[-1]
    return Result(
        recipe=name,
        seed=seed,
        overrides=overrides,
        settings=experiment(load(name, overrides)),
        metrics={key: float(f"{value:.6g}") for key, value in flat.items()},
        per_class={one["name"]: one["recall"] for one in metrics["test"].get("label", {}).get("per_class", [])},
        curves={key: _column(rows, key) for key in CURVES if any(row.get(key) for row in rows)},
        epochs=len(rows),
        seconds=round(metrics["timings"]["training_seconds"], 1),
        machine=_machine(environment),
    )


def _flat(test: dict[str, Any]) -> dict[str, float]:
    label, reconstruction = test.get("label", {}), test.get("reconstruction", {})
    flat = {key: label[key] for key in ("accuracy", "macro_f1", "expected_calibration_error") if key in label}
    flat |= {f"reconstruction_{key}": value for key, value in reconstruction.items() if isinstance(value, float)}
    return {key: value for key, value in flat.items() if value is not None}


def _variants(variants: dict[str, Any]) -> dict[str, float]:
    return {f"{variant}.{key}": value for variant, test in variants.items() for key, value in _flat(test).items()}


def _column(rows: list[dict[str, str]], key: str) -> list[float | None]:
    return [float(f"{float(row[key]):.4g}") if row.get(key) else None for row in rows]


def _machine(environment: dict[str, Any]) -> str:
    devices = ", ".join(environment["gpus"]) or f"{environment['cpu_cores']} CPU cores"
    return f"{devices}, {environment['precision'].removeprefix('mixed_')}"
