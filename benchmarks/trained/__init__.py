"""What a run was trained with, held against a built-in recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from kerasae.recipe import Recipe
from kerasae.recipe.loading import load
from kerasae.runs.folder import RunFolder

DECIDING = {"plugins", "data", "model", "loss", "phases", "evaluation", "rejection"}


def opened(path: Path, recipe: str, overrides: list[str]) -> RunFolder:
    """Return the finished run at `path`; typer.BadParameter if it was trained with something else."""
    run = RunFolder.open(path)
    if not alike(run.recipe, load(recipe, overrides)):
        raise typer.BadParameter(f"expected the settings that {path} was trained with. Received: {overrides}")
    return run


def alike(made: Recipe, asked: Recipe) -> bool:
    """Tell whether a run was made with what is asked for."""
    auto = asked.data.image_shape == "auto"
    return _decides(made, auto) == _decides(asked, auto)


def _decides(recipe: Recipe, auto: bool) -> dict[str, Any]:
    """Return what decides the outcome, but for what a run writes in place of "auto" and of relative paths."""
    tree = recipe.model_dump(mode="json", include=DECIDING)
    for key in ("source", "memory_limit_mb", *(["image_shape"] if auto else [])):
        del tree["data"][key]
    for phase in tree["phases"]:
        phase["start_from"] = sorted(phase["start_from"])
    return tree
