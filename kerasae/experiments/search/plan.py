"""The plan of a search: `search.json` in its folder."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kerasae.experiments.search.algorithm import DEFAULT_TRIALS
from kerasae.experiments.search.kerastuner.hyperband import hyperband_schedule
from kerasae.experiments.search.objective import Objective, objective_of
from kerasae.experiments.search.results import RESTORE
from kerasae.experiments.search.space import Space
from kerasae.files.reading import read_json
from kerasae.files.writing import write_json
from kerasae.recipe.loading import parse
from kerasae.runs.data_facts import DataFacts
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from pathlib import Path

    from kerasae.experiments.search.parameters import ParameterValues
    from kerasae.recipe import Recipe, SearchRecipe
    from kerasae.runs.origins import Origins

FILE = "search.json"


@dataclass(frozen=True, eq=False)
class SearchPlan:
    """What a search varies, how, and in which recipe.

    Attributes:
        name: of the search.
        folder: of the search.
        requested: the recipe as the user gave it, without its table `search`.
        resolved: the same with "auto" resolved, which trials are made of.
        settings: the table `search`, its space never None.
        facts: facts about the images, as `Collection.facts`.
        origins: SHA-256 of plugins, and of models that trials start from; None in a search of an earlier version.
    """

    name: str
    folder: Path
    requested: Recipe
    resolved: Recipe
    settings: SearchRecipe
    facts: DataFacts
    origins: Origins | None
    space: Space
    objective: Objective

    @classmethod
    def of(
        cls, name: str, folder: Path, *, requested: Recipe, resolved: Recipe, settings: SearchRecipe,
        facts: DataFacts, origins: Origins | None,
    ) -> SearchPlan:  # fmt: skip
        """Return a plan with the space and the objective of its settings.

        Raises:
            RequestError: a range or the objective is invalid.
        """
        objective = objective_of(resolved.model_copy(update={"search": settings}))
        space = Space(settings.space or {})
        return cls(name, folder, requested, resolved, settings, facts, origins, space, objective)

    @property
    def epochs(self) -> int:
        """The most epochs of one run of a trial."""
        return sum(phase.epochs for phase in limit_epochs(self.resolved, self.settings.max_epochs).phases)

    @property
    def num_trials(self) -> int:
        """The number of trials of the whole search."""
        limit = self.settings.max_trials
        if self.settings.algorithm == "grid":
            assert self.space.size is not None
            return self.space.size
        if self.settings.algorithm == "hyperband":
            total = hyperband_schedule(self.epochs, self.settings.factor).num_trials
            return min(limit or total, total)
        return min(limit or DEFAULT_TRIALS, self.space.size or limit or DEFAULT_TRIALS)

    def trial_recipe(self, values: ParameterValues) -> Recipe:
        """Return the recipe that a trial trains.

        Raises:
            RequestError: the recipe does not take these values.
        """
        return limit_epochs(self.space.applied(self.resolved, values), self.settings.max_epochs)

    def final_recipe(self, values: ParameterValues) -> Recipe:
        """Return the recipe to train after the search: the requested one with these values."""
        return self.space.applied(self.requested, values)

    def write(self) -> None:
        """Write `search.json`."""
        write_json(
            self.folder / FILE,
            {
                "name": self.name,
                "space_hash": _space_hash(self.settings),
                "asked": self.requested.model_dump(mode="json"),
                "recipe": self.resolved.model_dump(mode="json"),
                "search": self.settings.model_dump(mode="json"),
                "data": self.facts.to_json(),
                "origins": self.origins,
            },
        )

    @classmethod
    def read(cls, folder: Path) -> SearchPlan:
        """Read the plan of a search from its folder.

        Raises:
            RequestError: there is none, or it is damaged.
        """
        if not is_search(folder):
            raise RequestError(
                "tune", expected=f"the folder of a search, with {FILE} in it", received=f"{str(folder)!r}"
            )
        tree = read_tree(folder)
        settings = parse({**tree["asked"], "search": tree["search"]}).search
        assert settings is not None
        return cls.of(
            tree["name"],
            folder,
            requested=parse(tree["asked"]),
            resolved=parse(tree["recipe"]),
            settings=settings,
            facts=DataFacts.from_json(tree["data"]),
            origins=tree.get("origins"),
        )


def is_search(folder: Path) -> bool:
    """Return whether a folder holds a search."""
    return (folder / FILE).is_file()


def read_tree(folder: Path) -> dict[str, Any]:
    """Return the content of `search.json` as plain values."""
    keys = {"name": str, "asked": dict, "recipe": dict, "search": dict, "data": dict}
    tree: dict[str, Any] = read_json(folder / FILE, keys, RESTORE)
    return tree


def limit_epochs(recipe: Recipe, max_epochs: int | None) -> Recipe:
    """Return a recipe with at most `max_epochs` over all phases, in proportion, but at least one in each phase.

    Raises:
        RequestError: an option of a phase refers to an epoch that the phase no longer has.
    """
    total = sum(phase.epochs for phase in recipe.phases)
    if max_epochs is None or total <= max_epochs:
        return recipe
    tree = recipe.model_dump(mode="json", exclude_none=True)
    for phase in tree["phases"]:
        phase["epochs"] = max(1, phase["epochs"] * max_epochs // total)
    return parse(tree)


def _space_hash(settings: SearchRecipe) -> str:
    """Return a hash of the space alone."""
    space = {field: range_.model_dump(mode="json") for field, range_ in (settings.space or {}).items()}
    return hashlib.sha256(json.dumps(space, sort_keys=True).encode()).hexdigest()[:12]
