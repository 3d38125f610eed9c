"""What is compared: recipes by name, by file, or by a run that was made with them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kerasae.recipe.loading import builtin, changed
from kerasae.runs.run import Run
from kerasae.utils.errors import RequestError
from kerasae.workflows.begin import read_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.recipe import Recipe


@dataclass(frozen=True)
class Candidate:
    """A recipe under a name of its own; `run` is where it was trained already, if it was given by its run."""

    name: str
    recipe: Recipe
    run: Run | None = None


def candidates(words: Sequence[str], overrides: Sequence[str]) -> list[Candidate]:
    """Read every recipe, with the overrides applied to each.

    Args:
        words: names of built-in recipes, paths of .toml files, or directories of finished runs.
        overrides: `KEY=VALUE` settings.

    Raises:
        RequestError: one of them cannot be read, is there twice, or starts from another seed than the first.
    """
    read = [_read(word, overrides) for word in words]
    refuse_twice(words, [recipe for recipe, _ in read])
    for word, (recipe, _) in zip(words, read, strict=True):
        if recipe.seed != read[0][0].seed:
            raise RequestError(
                "compare",
                expected="recipes of one seed, since runs are paired by it",
                received=f"{read[0][0].seed} of {words[0]!r} and {recipe.seed} of {word!r}",
                fix=f"give all the same by --set seed={recipe.seed}",
            )
    names = _names(words)
    for one, other in itertools.combinations(range(len(words)), 2):
        if names[one] == names[other]:
            raise RequestError(
                "compare",
                expected="recipes of different names",
                received=f"{words[one]!r} and {words[other]!r}, both called {names[one]!r}",
                fix="give the file another name",
            )
    return [Candidate(name, *pair) for name, pair in zip(names, read, strict=True)]


def refuse_twice(names: Sequence[str], recipes: Sequence[Recipe]) -> None:
    """Refuse recipes that do the same; titles and references do not count."""
    bare = [recipe.bare for recipe in recipes]
    for (one, first), (other, second) in itertools.combinations(zip(names, bare, strict=True), 2):
        if first == second:
            again = f"{one!r} twice" if one == other else f"{one!r} and {other!r}, which do the same"
            raise RequestError(
                "compare",
                expected="different recipes",
                received=again,
                fix="leave out one of the two, or see --seeds",
            )


def _read(word: str, overrides: Sequence[str]) -> tuple[Recipe, Run | None]:
    path = Path(word)
    if word not in builtin() and (path / "recipe.json").is_file():
        run = Run.open(path)
        return changed(run.recipe, overrides), run
    return read_named(word, overrides), None


def _names(words: Sequence[str]) -> list[str]:
    """Name each recipe by the last part of its path, or by as many as tell it from the others."""
    paths = [Path(word).resolve() if Path(word).is_dir() else Path(word).with_suffix("") for word in words]
    depth = 1
    while True:
        names = ["-".join(part for part in path.parts[-depth:] if part != path.anchor) for path in paths]
        if len(set(names)) == len(names) or depth > max(len(path.parts) for path in paths):
            return names
        depth += 1
