"""The result of a comparison, and comparison.json, which keeps it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kerasae.experiments.comparison.statistics import McNemarTest, PairedTest, Summary
from kerasae.files.reading import damaged, read_json
from kerasae.files.writing import write_json
from kerasae.utils.errors import in_a_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

RESULT_FILE = "comparison.json"


@dataclass(frozen=True, slots=True)
class RunResult:
    """What one run measured.

    Attributes:
        recipe: the recipe's name.
        seed: the recipe's seed.
        fold: index of its validation fold; None without cross-validation.
        path: the run directory, relative to the comparison's folder.
        failed: why it failed; None if it finished. A failed run has no values.
        values: by measure, on the images that the comparison is measured on.
        validation: by measure, on validation images; empty with cross-validation, where `values` are.
        per_class: accuracy by class.
    """

    recipe: str
    seed: int
    fold: int | None
    path: str
    failed: str | None
    values: Mapping[str, float] = field(default_factory=dict)
    validation: Mapping[str, float] = field(default_factory=dict)
    per_class: Mapping[str, float] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Its name in messages and tables."""
        return f"{self.recipe}, {'' if self.fold is None else f'fold {self.fold}, '}seed {self.seed}"

    def to_json(self) -> dict[str, Any]:
        """Return what comparison.json holds about the run."""
        tree = dataclasses.asdict(self)
        measured = ("values", "validation", "per_class")
        return {key: value for key, value in tree.items() if self.failed is None or key not in measured}


@dataclass(frozen=True, slots=True)
class RecipeResult:
    """The runs of one recipe, summarized.

    Attributes:
        name: the recipe's name in the comparison.
        title: the recipe's `title`.
        runs: how many runs finished.
        failed: how many runs failed.
        measures: by measure, on the images that the comparison is measured on.
        validation: by measure, on validation images; empty with cross-validation.
        per_class: accuracy by class.
    """

    name: str
    title: str
    runs: int
    failed: int
    measures: Mapping[str, Summary]
    validation: Mapping[str, Summary]
    per_class: Mapping[str, Summary]

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> RecipeResult:
        """Return what comparison.json says about a recipe."""
        summaries = {
            name: {key: Summary(**values) for key, values in tree[name].items()}
            for name in ("measures", "validation", "per_class")
        }
        return cls(**{**tree, **summaries})


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """How far a recipe is from the baseline in one measure."""

    recipe: str
    measure: str
    test: PairedTest


@dataclass(frozen=True, slots=True)
class McNemarDifference:
    """How many images are classified correctly only by a recipe, or only by the baseline, with one seed."""

    recipe: str
    seed: int
    test: McNemarTest


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """A field of the recipe in which the recipes differ, with its value in each recipe as text."""

    field: str
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class ComparisonResult:
    """All numbers of a comparison.

    Attributes:
        recipes: in the order in which they were given.
        baseline: name of the first recipe, which the tests compare the others with.
        measured_on: "test", or "validation" with cross-validation.
        seeds: the seeds of each recipe's runs.
        folds: number of folds; None without cross-validation.
        same_validation: whether all recipes have the same validation images.
        num_images: how many images the numbers are measured on.
        source: where the images come from.
        paired: paired tests against the baseline.
        mcnemar: McNemar's tests against the baseline.
        differences: in what the recipes differ.
        runs: every run, failed ones included.
    """

    recipes: Sequence[RecipeResult]
    baseline: str
    measured_on: str
    seeds: Sequence[int]
    folds: int | None
    same_validation: bool
    num_images: int
    source: str
    paired: Sequence[PairedDifference]
    mcnemar: Sequence[McNemarDifference]
    differences: Sequence[FieldDifference]
    runs: Sequence[RunResult]

    @property
    def finished_runs(self) -> list[RunResult]:
        """The runs that did not fail."""
        return [run for run in self.runs if run.failed is None]

    @property
    def failed_runs(self) -> list[RunResult]:
        """The runs that failed."""
        return [run for run in self.runs if run.failed is not None]

    def to_json(self) -> dict[str, Any]:
        """Return what comparison.json holds."""
        return {
            "recipes": [dataclasses.asdict(recipe) for recipe in self.recipes],
            "baseline": self.baseline,
            "measured_on": self.measured_on,
            "seeds": list(self.seeds),
            "folds": self.folds,
            "same_validation": self.same_validation,
            "num_pictures": self.num_images,
            "source": self.source,
            "paired": [
                {"recipe": row.recipe, "measure": row.measure, **dataclasses.asdict(row.test)} for row in self.paired
            ],
            "mcnemar": [
                {"recipe": row.recipe, "seed": row.seed, **dataclasses.asdict(row.test)} for row in self.mcnemar
            ],
            "differences": [dataclasses.asdict(row) for row in self.differences],
            "runs": [run.to_json() for run in self.runs],
        }

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> ComparisonResult:
        """Return the result that `to_json` gave; raises KeyError or TypeError for anything else."""
        return cls(
            recipes=[RecipeResult.from_json(recipe) for recipe in tree["recipes"]],
            baseline=tree["baseline"],
            measured_on=tree["measured_on"],
            seeds=tree["seeds"],
            folds=tree["folds"],
            same_validation=tree["same_validation"],
            num_images=tree["num_pictures"],
            source=tree["source"],
            paired=[
                PairedDifference(row["recipe"], row["measure"], PairedTest(**_without(row, "recipe", "measure")))
                for row in tree["paired"]
            ],
            mcnemar=[
                McNemarDifference(row["recipe"], row["seed"], McNemarTest(**_without(row, "recipe", "seed")))
                for row in tree["mcnemar"]
            ],
            differences=[FieldDifference(**row) for row in tree["differences"]],
            runs=[RunResult(**run) for run in tree["runs"]],
        )

    def write(self, folder: Path) -> None:
        """Write comparison.json into a comparison's folder."""
        write_json(folder / RESULT_FILE, self.to_json())

    @classmethod
    def read(cls, folder: Path) -> ComparisonResult:
        """Read comparison.json from a comparison's folder.

        Raises:
            RequestError: the file is missing, changed or damaged.
        """
        path, fix = folder / RESULT_FILE, "write it again with the command that made the comparison"
        tree = read_json(path, {"recipes": list, "runs": list}, fix)
        try:
            return cls.from_json(tree)
        except (KeyError, TypeError, AttributeError) as error:
            raise damaged(path, in_a_line(error), fix) from None


def _without(row: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in keys}
