"""Measured results of the built-in recipes, one small file for each run, stored beside the recipes."""

from __future__ import annotations

import re
import statistics
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from kerasae.recipe import Recipe, Table
from kerasae.recipe.loading import builtin
from kerasae.recipe.validation import to_request_error

# The result in a recipe's header, as `python -m benchmarks.studies tables` writes it.
RESULT = re.compile(r"^# Result: +(.*\n(?:#   .*\n)*)", re.MULTILINE)
UNKNOWN = "not measured yet"

# Fields that do not change the outcome, or vary between runs of one experiment.
NOT_SETTINGS = {"title", "reference", "seed", "distribution", "precision", "jit_compile", "search"}


class Result(Table):
    """One finished run of a built-in recipe.

    Attributes:
        overrides: the `KEY=VALUE` settings of the run, except data and seed.
        settings: `experiment` of the recipe with these overrides.
        metrics: by name, such as `accuracy`, `macro_f1`, `reconstruction_mse`, all on the test images.
        per_class: the accuracy on each class's test images.
        curves: by logged name, one value for each epoch over all phases; None where a phase did not log it.
        seconds: of training alone.
        machine: the kind of machine and the precision.
    """

    recipe: str
    seed: int
    overrides: list[str]
    settings: dict[str, Any]
    metrics: dict[str, float]
    per_class: dict[str, float]
    curves: dict[str, list[float | None]]
    epochs: int
    seconds: float
    machine: str


def experiment(recipe: Recipe) -> dict[str, Any]:
    """Return the settings of a recipe that decide the outcome, without defaults."""
    tree = recipe.model_dump(mode="json", exclude_defaults=True, exclude=NOT_SETTINGS)
    # Where the images are on this machine, and how they are stored, is not a setting of an experiment.
    tree.get("data", {}).pop("memory_limit_mb", None)
    source = tree.get("data", {}).get("source")
    if source is not None:
        tree["data"]["source"] = Path(source).stem
    return tree


def folder() -> Path:
    """Return the folder of the results."""
    return Path(str(resources.files("kerasae") / "recipes" / "results"))


def results(name: str) -> list[Result]:
    """Return the results of a built-in recipe, by seed."""
    runs = [read(path) for path in (folder() / name).glob("*.json")]
    return sorted(runs, key=lambda result: (result.overrides, result.seed))


def usual(runs: list[Result]) -> list[Result]:
    """Return the results of the recipe without overrides, or else those with the fewest."""
    overrides = min((result.overrides for result in runs), key=len, default=[])
    return [result for result in runs if result.overrides == overrides]


def header_result(name: str) -> str:
    """Return the result in a built-in recipe's header, for results that are not of a run; empty if there is none."""
    header = RESULT.search(builtin()[name].read_text(encoding="utf-8"))
    result = "" if header is None else " ".join(line.lstrip("# ") for line in header[1].splitlines())
    return "" if result.startswith(UNKNOWN) else result


def read(path: Path) -> Result:
    """Read one result; raises RequestError if the file is damaged."""
    try:
        return Result.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        raise to_request_error(error, lambda _: list(Result.model_fields)).within(f"result {path}") from None


def spread(values: list[float], digits: int) -> str:
    """Return the mean, and the sample standard deviation of several values."""
    mean = f"{statistics.fmean(values):.{digits}f}"
    return f"{mean} ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else mean


def variants(runs: list[Result]) -> dict[str, list[float]]:
    """Return the accuracies on each variant of the test images, by the variant's name."""
    names = [key.removesuffix(".accuracy") for key in runs[0].metrics if key.endswith(".accuracy")] if runs else []
    return {name: [result.metrics[f"{name}.accuracy"] for result in runs] for name in names}


def in_words(runs: list[Result]) -> str:
    """Return the results of one experiment on one line: accuracy, reconstruction error, seeds and epochs."""
    if not runs:
        return ""
    parts = [
        f"{label} {spread([result.metrics[key] for result in runs], digits)}"
        for key, label, digits in (("accuracy", "accuracy", 4), ("reconstruction_mse", "MSE", 5))
        if all(key in result.metrics for result in runs)
    ]
    parts += [f"on {name} {spread(values, 4)}" for name, values in variants(runs).items()]
    seeds = f"{len(runs)} seeds" if len(runs) > 1 else f"seed {runs[0].seed}"
    return f"{', '.join(parts)} ({seeds}, {runs[0].epochs} epochs)"


def cost(runs: list[Result]) -> str:
    """Return the median training time of the runs."""
    if not runs:
        return ""
    minutes = statistics.median(result.seconds for result in runs) / 60
    return f"{minutes:.0f} min" if minutes >= 1.5 else f"{60 * minutes:.0f} s"
