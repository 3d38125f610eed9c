"""Trains the best recipe of a search and the default one over several seeds, and compares them on test images."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

from kerasae.experiments.comparison.compare import Comparison, compare
from kerasae.experiments.comparison.report import PAGE
from kerasae.experiments.search.artifacts import BEST, DEFAULT
from kerasae.files.writing import write_text
from kerasae.recipe.loading import load

if TYPE_CHECKING:
    from rich.console import Console

    from kerasae.experiments.search.plan import SearchPlan
    from kerasae.experiments.search.results import TrialResult

FOLDER = "comparison"


def retrain_best(plan: SearchPlan, best: TrialResult, seeds: int, console: Console) -> Comparison | None:
    """Train and compare the best recipe and the default one; None if they are the same."""
    if plan.final_recipe(best.values) == plan.requested:
        console.print("the best recipe is the default one: there is nothing to compare", soft_wrap=True)
        return None
    folder = plan.folder / FOLDER
    if not _is_of_best(plan):  # the search has found a better recipe since
        _rename_aside(folder / "runs" / Path(BEST).stem)
        write_text(folder / BEST, (plan.folder / BEST).read_text(encoding="utf-8"))
    recipes = [str(plan.folder / file) for file in (DEFAULT, BEST)]
    return compare(recipes, seeds=seeds, to=folder, console=console)


def is_compared(plan: SearchPlan) -> bool:
    """Return whether there is a page that compares the current best recipe."""
    return (plan.folder / FOLDER / PAGE).is_file() and _is_of_best(plan)


def _is_of_best(plan: SearchPlan) -> bool:
    """Return whether the comparison is one of the current best recipe."""
    compared = plan.folder / FOLDER / BEST
    return compared.is_file() and load(str(compared)) == load(str(plan.folder / BEST))


def _rename_aside(folder: Path) -> None:
    """Give a folder a free name, if it exists."""
    if folder.exists():
        names = (folder.with_name(f"{folder.name}-before-{number}") for number in itertools.count(1))
        folder.rename(next(path for path in names if not path.exists()))
