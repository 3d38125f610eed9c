"""What was measured with the recipes that come with kerasae: one small file a run, kept beside the recipes."""

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

# The lines of a recipe's header that say what came of it, as `python -m benchmarks.studies tables` writes them.
RESULT = re.compile(r"^# Result: +(.*\n(?:#   .*\n)*)", re.MULTILINE)
UNKNOWN = "not measured yet"

# What says nothing about the outcome, or varies between runs of one experiment.
APART = {"title", "reference", "seed", "distribution", "precision", "jit_compile", "search"}


class Result(Table):
    """One finished run of a built-in recipe.

    Attributes:
        overrides: the `KEY=VALUE` settings that it was run with, other than data and seed.
        settings: `experiment` of the recipe with these overrides.
        metrics: by name, such as `accuracy`, `macro_f1`, `reconstruction_mse`, all on the test images.
        per_class: share of each class's test images that is recognised.
        curves: by logged name, one value an epoch over all phases; None where a phase did not have it.
        seconds: of training alone.
        machine: kind of machine and precision, in words.
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
    """Return what of a recipe decides the outcome, without what is left at its default."""
    tree = recipe.model_dump(mode="json", exclude_defaults=True, exclude=APART)
    # Where the images lie on this machine, and how they are held, is no setting of an experiment.
    tree.get("data", {}).pop("memory_limit_mb", None)
    source = tree.get("data", {}).get("source")
    if source is not None:
        tree["data"]["source"] = Path(source).stem
    return tree


def folder() -> Path:
    """Return where the results lie."""
    return Path(str(resources.files("kerasae") / "recipes" / "results"))


def results(name: str) -> list[Result]:
    """Return the results of a built-in recipe, by seed."""
    found = [read(path) for path in (folder() / name).glob("*.json")]
    return sorted(found, key=lambda result: (result.overrides, result.seed))


def usual(found: list[Result]) -> list[Result]:
    """Return the results of the recipe as it stands; where there are none, those with the fewest overrides."""
    overrides = min((result.overrides for result in found), key=len, default=[])
    return [result for result in found if result.overrides == overrides]


def header_result(name: str) -> str:
    """Return what a built-in recipe's header says came of it, for those whose result is no run's; empty if nothing."""
    said = RESULT.search(builtin()[name].read_text(encoding="utf-8"))
    words = "" if said is None else " ".join(line.lstrip("# ") for line in said[1].splitlines())
    return "" if words.startswith(UNKNOWN) else words


def read(path: Path) -> Result:
    """Read one result; RequestError says what is wrong with the file."""
    try:
        return Result.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        raise to_request_error(error, lambda _: list(Result.model_fields)).within(f"result {path}") from None


def spread(values: list[float], digits: int) -> str:
    """Return the mean, and the sample deviation where there are several values."""
    mean = f"{statistics.fmean(values):.{digits}f}"
    return f"{mean} ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else mean


def variants(found: list[Result]) -> dict[str, list[float]]:
    """Return the accuracies on each variant of the test images, by its name."""
    names = [key.removesuffix(".accuracy") for key in found[0].metrics if key.endswith(".accuracy")] if found else []
    return {name: [result.metrics[f"{name}.accuracy"] for result in found] for name in names}


def in_words(found: list[Result]) -> str:
    """Return the results of one experiment in a line: accuracy, reconstruction error, seeds and epochs."""
    if not found:
        return ""
    parts = [
        f"{words} {spread([result.metrics[key] for result in found], digits)}"
        for key, words, digits in (("accuracy", "accuracy", 4), ("reconstruction_mse", "MSE", 5))
        if all(key in result.metrics for result in found)
    ]
    parts += [f"on {name} {spread(values, 4)}" for name, values in variants(found).items()]
    seeds = f"{len(found)} seeds" if len(found) > 1 else f"seed {found[0].seed}"
    return f"{', '.join(parts)} ({seeds}, {found[0].epochs} epochs)"


def cost(found: list[Result]) -> str:
    """Return the median time that a run's training took."""
    if not found:
        return ""
    minutes = statistics.median(result.seconds for result in found) / 60
    return f"{minutes:.0f} min" if minutes >= 1.5 else f"{60 * minutes:.0f} s"
