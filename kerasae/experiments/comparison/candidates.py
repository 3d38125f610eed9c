"""The recipes of a comparison, read from built-in names, files or the runs that were trained with them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kerasae.recipe.loading import builtin, changed
from kerasae.runs.folder import RunFolder
from kerasae.utils.errors import RequestError
from kerasae.workflows.begin import read_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.recipe import Recipe


@dataclass(frozen=True)
class Candidate:
    """A recipe to compare.

    Attributes:
        name: unique among the candidates.
        recipe: the recipe, before anything is resolved.
        run: the run that the recipe was read from; None if it was not read from a run.
    """

    name: str
    recipe: Recipe
    run: RunFolder | None = None


def read_candidates(recipes: Sequence[str], overrides: Sequence[str]) -> list[Candidate]:
    """Read recipes and apply the overrides to each.

    Args:
        recipes: names of built-in recipes, paths of .toml files, or directories of finished runs.
        overrides: `KEY=VALUE` settings.

    Raises:
        RequestError: a recipe cannot be read or occurs twice, or the seeds of the recipes differ.
    """
    read = [_read(given, overrides) for given in recipes]
    check_distinct(recipes, [recipe for recipe, _ in read])
    first = read[0][0]
    for given, (recipe, _) in zip(recipes, read, strict=True):
        if recipe.seed != first.seed:
            raise RequestError(
                "compare",
                expected="recipes of one seed, since runs are paired by it",
                received=f"{first.seed} of {recipes[0]!r} and {recipe.seed} of {given!r}",
                fix=f"give all the same by --set seed={recipe.seed}",
            )
    names = _unique_names(recipes)
    for (first_name, first_given), (name, given) in itertools.combinations(zip(names, recipes, strict=True), 2):
        if first_name == name:
            raise RequestError(
                "compare",
                expected="recipes of different names",
                received=f"{first_given!r} and {given!r}, both called {name!r}",
                fix="give the file another name",
            )
    return [Candidate(name, recipe, run) for name, (recipe, run) in zip(names, read, strict=True)]


def check_distinct(names: Sequence[str], recipes: Sequence[Recipe]) -> None:
    """Refuse two recipes that differ at most in their title and reference.

    Raises:
        RequestError: names the two.
    """
    pairs = itertools.combinations(zip(names, [recipe.bare for recipe in recipes], strict=True), 2)
    for (first_name, first_recipe), (name, recipe) in pairs:
        if first_recipe == recipe:
            duplicate = f"{name!r} twice" if first_name == name else f"{first_name!r} and {name!r}, which do the same"
            raise RequestError(
                "compare",
                expected="different recipes",
                received=duplicate,
                fix="leave out one of the two; --seeds trains a recipe several times",
            )


def _read(given: str, overrides: Sequence[str]) -> tuple[Recipe, RunFolder | None]:
    path = Path(given)
    if given not in builtin() and (path / "recipe.json").is_file():
        run = RunFolder.open(path)
        return changed(run.recipe, overrides), run
    return read_named(given, overrides), None


def _unique_names(recipes: Sequence[str]) -> list[str]:
    """Name each recipe by the last part of its path, or by as many parts as make all names different."""
    paths = [Path(given).resolve() if Path(given).is_dir() else Path(given).with_suffix("") for given in recipes]
    longest = max(len(path.parts) for path in paths)
    depth = 1
    while True:
        names = ["-".join(part for part in path.parts[-depth:] if part != path.anchor) for path in paths]
        if len(set(names)) == len(names) or depth > longest:
            return names
        depth += 1
