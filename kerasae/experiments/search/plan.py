"""A search as it is asked for: what is searched, where it lies, and everything that can be wrong, before any trial."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from kerasae.data.collection import Collection, open_collection
from kerasae.data.fingerprint import check_unchanged
from kerasae.data.learned_images import facts_of
from kerasae.experiments.search.defaults import default_space
from kerasae.experiments.search.kerastuner.oracles import TRIALS, Hyperband, make_oracle
from kerasae.experiments.search.objective import Objective, objective_of
from kerasae.experiments.search.space import Space, Values
from kerasae.files.reading import read_json
from kerasae.files.writing import write_json
from kerasae.recipe import KINDS, SEEDS, Recipe, SearchRecipe, toml
from kerasae.recipe.differences import first_difference
from kerasae.recipe.loading import parse
from kerasae.runs.origins import Origins, check_same, origins_of
from kerasae.runs.run import check_new
from kerasae.tasks import task_of
from kerasae.utils.console import stderr_console
from kerasae.utils.errors import RequestError
from kerasae.workflows.begin import check, check_fits, resolve, with_every_class, without_min_steps

FILE = "search.json"
# What may change from one start of a search to the next.
APART = ("max_trials", "max_seconds", "directory", "name")


@dataclass(frozen=True, eq=False)
class Search:
    """A search.

    Attributes:
        name: what it is called.
        folder: where it lies.
        asked: the recipe as it was asked for, without its table `search`.
        recipe: the same with "auto" resolved: what trials are made of.
        settings: the table `search`, its space never None.
        facts: what is known of the images.
        origins: the plugins and models that trials begin from; None in a search of an earlier version.
    """

    name: str
    folder: Path
    asked: Recipe
    recipe: Recipe
    settings: SearchRecipe
    facts: dict[str, Any]
    origins: Origins | None
    space: Space
    objective: Objective

    @property
    def epochs(self) -> int:
        """The most epochs of a trial's run."""
        return sum(phase.epochs for phase in shortened(self.recipe, self.settings.max_epochs).phases)

    @property
    def num_trials(self) -> int:
        """How many trials there are to be."""
        limit = self.settings.max_trials
        if self.settings.algorithm == "grid":
            assert self.space.size is not None
            return self.space.size
        if self.settings.algorithm == "hyperband":
            oracle = make_oracle(self.settings, self.space, self.objective, self.epochs)
            assert isinstance(oracle, Hyperband)
            return min(limit or oracle.total, oracle.total)
        return min(limit or TRIALS, self.space.size or limit or TRIALS)

    def trial(self, values: Values) -> Recipe:
        """Return the recipe that a trial trains.

        Raises:
            RequestError: the recipe does not take these values.
        """
        return shortened(self.space.applied(self.recipe, values), self.settings.max_epochs)

    def found(self, values: Values) -> Recipe:
        """Return the recipe to train from: as it was asked for, with these values."""
        return self.space.applied(self.asked, values)

    def write(self) -> None:
        """Keep it in its folder."""
        write_json(
            self.folder / FILE,
            {
                "name": self.name,
                "space_hash": space_hash(self.settings),
                "asked": self.asked.model_dump(mode="json"),
                "recipe": self.recipe.model_dump(mode="json"),
                "search": self.settings.model_dump(mode="json"),
                "data": self.facts,
                "origins": self.origins,
            },
        )

    @classmethod
    def read(cls, folder: Path) -> Search:
        """Open a search that lies in a folder.

        Raises:
            RequestError: none does.
        """
        if not (folder / FILE).is_file():
            raise RequestError(
                "tune", expected=f"the folder of a search, with {FILE} in it", received=f"{str(folder)!r}"
            )
        kept = read_json(folder / FILE)
        asked, recipe = parse(kept["asked"]), parse(kept["recipe"])
        settings = parse({**kept["asked"], "search": kept["search"]}).search
        assert settings is not None
        return cls._of(kept["name"], folder, asked, recipe, settings, kept["data"], kept.get("origins"))

    @classmethod
    def _of(
        cls, name: str, folder: Path, asked: Recipe, recipe: Recipe, settings: SearchRecipe, facts: dict[str, Any],
        origins: Origins | None,
    ) -> Search:  # fmt: skip
        objective = objective_of(recipe.model_copy(update={"search": settings}))
        return cls(name, folder, asked, recipe, settings, facts, origins, Space(settings.space or {}), objective)

    @classmethod
    def planned(cls, name: str, asked: Recipe) -> Search:
        """Plan a search; nothing is written.

        Args:
            name: what to call it where the recipe does not.

        Raises:
            RequestError: a recipe that cannot be trained, a space or objective that does not fit it, a grid that is too
                large, or a folder that holds another search.
        """
        settings = asked.search or SearchRecipe()
        check(asked)
        if asked.seed + settings.executions_per_trial > SEEDS:
            raise RequestError(
                "search.executions_per_trial",
                expected=f"seeds below {SEEDS}, counted from the recipe's",
                received=f"{settings.executions_per_trial} from {asked.seed}",
                fix="set seed lower",
            )
        if not task_of(asked).predicts:
            raise RequestError(
                "tune",
                expected="a recipe that is measured on validation images",
                received="an adversarial one, whose samples are judged after training",
                fix="compare such runs with kerasae generate",
            )
        name = settings.name or name
        folder = Path(settings.directory).expanduser() / name
        asked = _as_begun(asked, folder)
        asks = not (folder / FILE).is_file()
        collection = open_collection(asked.data, classifies="label" in asked.heads, asks=asks)
        recipe = resolve(asked, collection)
        if settings.space is None:
            settings = settings.model_copy(update={"space": default_space(recipe, collection.image_shape)})
            if not settings.space:
                raise RequestError(
                    "search.space",
                    expected=(
                        f"ranges of fields, since there are none to go by for the encoder {recipe.model.encoder.name!r}"
                    ),
                    received="nothing",
                    fix="add a table [search.space]",
                )
        asked = _with_paths(asked, recipe)
        search = cls._of(name, folder, asked, recipe, settings, facts_of(recipe, collection), origins_of(recipe))
        search._check_algorithm()  # noqa: SLF001
        if not search._lies_there():  # noqa: SLF001
            search._check_ends(collection)  # noqa: SLF001
        return search

    def _check_ends(self, collection: Collection) -> None:
        """Refuse a recipe that does not fit its images, and ends of ranges that their fields do not take."""
        settings = self.settings
        check_fits(self.recipe, collection)
        try:
            shortened(self.recipe, settings.max_epochs)
        except RequestError as error:
            raise RequestError("search.max_epochs", received=error) from None
        if settings.folds is not None:
            data = self.recipe.data.model_copy(update={"fold": [0, settings.folds]})
            try:
                folded = self.recipe.model_copy(update={"data": data})
                check_fits(folded, open_collection(data, classifies=self.recipe.classifies))
            except RequestError as error:
                raise RequestError("search.folds", received=error) from None
        for name, end, values in self.space.with_ends():
            try:
                recipe = self.trial(values)
                check(recipe)
                if any(field.startswith("data.") for field, _ in self.space.overrides(values)):
                    check_fits(recipe, open_collection(recipe.data, classifies=recipe.classifies))
                else:
                    check_fits(recipe, collection)
            except RequestError as error:
                words = re.sub(r"^--set \S+: ", "", str(error))
                last = name.rpartition(".")[2]
                meant = get_close_matches(last, KINDS, 1, 0.75) if last not in KINDS else []
                if meant and "Did you mean" not in words:
                    words += f". Did you mean the key {meant[0]!r}?"
                raise RequestError("search.space", received=f"{name} = {toml.inline(end)}: {words}") from None

    def _check_algorithm(self) -> None:
        """Refuse an algorithm that cannot go through the space."""
        settings = self.settings
        if settings.algorithm == "grid":
            endless = next((one.name for one in self.space.parameters if one.count is None), None)
            if endless is not None:
                raise RequestError(
                    f"search.space.{endless}",
                    expected="choices, or a range with a step, to go through in a grid",
                    received="a range without one",
                    fix="add step, or choose another search.algorithm",
                )
            if settings.max_trials is not None and (self.space.size or 0) > settings.max_trials:
                raise RequestError(
                    "search.max_trials",
                    expected=f"at least the {self.space.size:,} trials of the grid",
                    received=f"{settings.max_trials}",
                    fix="raise it, narrow search.space, or set search.algorithm to 'random'",
                )
        if settings.algorithm == "hyperband" and any(
            field.startswith("phases.") and field.endswith(".epochs") for field in self.space.ranges
        ):
            raise RequestError(
                "search.space",
                expected="no epochs beside hyperband, which shares them out itself",
                received="a range of epochs",
                fix="leave it out, or choose another search.algorithm",
            )
        if settings.algorithm == "hyperband":
            self._check_hyperband()

    def _check_hyperband(self) -> None:
        """Refuse a phase that logs the objective too late for its first trials, or a space of fewer than it draws."""
        oracle = make_oracle(self.settings, self.space, self.objective, self.epochs)
        assert isinstance(oracle, Hyperband)
        before = 0
        for phase in shortened(self.recipe, self.settings.max_epochs).phases:
            if self.objective.is_logged_by(phase):
                break
            before += phase.epochs
        if oracle.least_epochs <= before:
            raise RequestError(
                "search.algorithm",
                expected=f"trials that reach a phase which logs {self.objective.name}, after {before} epochs",
                received=f"'hyperband', whose first ones train {oracle.least_epochs}",
                fix="choose another",
            )
        if (size := self.space.size) is not None and size < oracle.num_drawn:
            raise RequestError(
                "search.space",
                expected=(
                    f"at least the {oracle.num_drawn} combinations that hyperband draws over {self.epochs} epochs"
                ),
                received=size,
                fix="widen it, or set search.algorithm to 'grid'",
            )

    def _lies_there(self) -> bool:
        """Tell whether the folder holds this search already; refuse one that holds something else."""
        if not self.folder.exists():
            check_new(self.folder, "search.directory")
            return False
        if not (self.folder / FILE).is_file():
            # Locks are hidden, and what a killed process was writing.
            if any(not path.name.startswith(".") for path in self.folder.iterdir()):
                raise RequestError(
                    "tune",
                    expected="a new folder, or that of this search",
                    received=f"{self.folder}, which holds no {FILE}",
                    fix="give another --name",
                )
            return False
        before = Search.read(self.folder)
        difference = first_difference(_whole(before), _whole(self))
        if difference:
            key, was, now = difference
            raise RequestError(
                "tune",
                expected=f"the search that lies in {self.folder}, {key} {was}",
                received=f"{key} {now}",
                fix="go on with the old one by its own words, or give another --name",
            )
        assert self.origins is not None  # of what is planned now
        check_same(before.origins, self.origins, f"search {self.folder}")
        check_unchanged(before.facts, self.facts, str(self.folder))
        return True


def _as_begun(asked: Recipe, folder: Path) -> Recipe:
    """Return a recipe without `min_steps` and `data.normal` where an earlier version began its search."""
    if not (folder / FILE).is_file():
        return asked
    if "normal" not in read_json(folder / FILE, {"asked": dict})["asked"].get("data", {}):
        asked = with_every_class(asked)
    if not any(phase.min_steps for phase in asked.phases):
        return asked
    if any(phase.min_steps for phase in Search.read(folder).asked.phases):
        return asked
    stderr_console().print(f"tune: {folder} was begun without min_steps and goes on without", soft_wrap=True)
    return without_min_steps(asked)


def shortened(recipe: Recipe, most: int | None) -> Recipe:
    """Return a recipe whose phases have at most so many epochs together, each its share, but one at least.

    Raises:
        RequestError: something in a phase lies beyond its last epoch then.
    """
    total = sum(phase.epochs for phase in recipe.phases)
    if most is None or total <= most:
        return recipe
    tree = recipe.model_dump(mode="json", exclude_none=True)
    for phase in tree["phases"]:
        phase["epochs"] = max(1, phase["epochs"] * most // total)
    return parse(tree)


def space_hash(settings: SearchRecipe) -> str:
    """Return a hash of the space alone."""
    space = {field: one.model_dump(mode="json") for field, one in (settings.space or {}).items()}
    return hashlib.sha256(json.dumps(space, sort_keys=True).encode()).hexdigest()[:12]


def _whole(search: Search) -> dict[str, Any]:
    """Return everything that decides on the trials."""
    tree = search.recipe.model_dump(mode="json", exclude_defaults=True)
    settings = search.settings.model_dump(mode="json", exclude_none=True, exclude=set(APART))
    space = {field: toml.inline(one.model_dump(mode="json", exclude_defaults=True))
             for field, one in (search.settings.space or {}).items()}  # fmt: skip
    return {**tree, "phases": search.recipe.model_dump(mode="json")["phases"], "search": {**settings, "space": space}}


def _with_paths(asked: Recipe, resolved: Recipe) -> Recipe:
    """Return a recipe without `search` that can be trained from any folder."""
    data = asked.data.model_copy(update={"source": resolved.data.source})
    phases = [
        one.model_copy(update={"start_from": other.start_from})
        for one, other in zip(asked.phases, resolved.phases, strict=True)
    ]
    return asked.model_copy(update={"data": data, "phases": phases, "plugins": resolved.plugins, "search": None})
