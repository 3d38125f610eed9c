"""Which runs a comparison is made of, and everything that can be wrong with them, before any of them trains."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kerasae.data.collection_cache import Opener
from kerasae.data.fingerprint import check_unchanged, model_input_hash
from kerasae.data.learned_images import facts_of
from kerasae.experiments.comparison.candidates import Candidate, refuse_twice
from kerasae.files.reading import read_json
from kerasae.recipe import SEEDS, Recipe
from kerasae.recipe.differences import first_difference
from kerasae.runs.origins import check_same, origins_of, read_origins
from kerasae.runs.run import Run
from kerasae.tasks import task_of
from kerasae.training.joint import check_fit
from kerasae.utils.errors import RequestError
from kerasae.workflows.begin import check, raised, resolve, with_every_class, without_min_steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from kerasae.runs.data_facts import DataFacts


@dataclass(frozen=True, eq=False)
class Job:
    """One run of a comparison: whose, with which seed and fold (None: no folds), where it lies and what it needs.

    `judgement` is where the validation images' metrics (.json) and predictions (.npz) lie, without suffix.
    """

    name: str
    seed: int
    fold: int | None
    recipe: Recipe
    run: Run
    facts: DataFacts
    judgement: Path

    @property
    def epochs(self) -> int:
        """The most epochs that it trains."""
        return sum(phase.epochs for phase in self.recipe.phases)

    @property
    def words(self) -> str:
        """What to call it."""
        return f"{self.name}, {f'fold {self.fold}, ' * (self.fold is not None)}seed {self.seed}"


@dataclass(frozen=True)
class Plan:
    """All runs of a comparison in the order in which they run.

    `same_validation` says whether all share the validation images too, and `raised` whose epochs `min_steps` raised.
    """

    folder: Path
    names: list[str]
    titles: list[str]
    seeds: list[int]
    folds: int | None
    jobs: list[Job]
    same_validation: bool
    raised: list[str]

    @property
    def split(self) -> str:
        """The split that the tables are about: choices between folds are made without the test images."""
        return "test" if self.folds is None else "validation"

    def predictions_of(self, job: Job) -> Path:
        """Return the file of what a run said about each image of that split."""
        return job.run.predictions if self.folds is None else job.judgement.with_suffix(".npz")


def plan(listed: Sequence[Candidate], seeds: int, folds: int | None, folder: Path) -> Plan:
    """Plan `seeds` runs of every candidate, for each of `folds` if there are any; nothing is written.

    Raises:
        RequestError: a recipe that cannot be trained, no common head, other test images than the first recipe's, or
            runs in the folder that were made in another way.
    """
    _check_heads(listed)
    for candidate in listed:
        check(candidate.recipe)
    first = listed[0].recipe.seed
    if first + seeds > SEEDS:
        raise RequestError(
            "--seeds",
            expected=f"seeds below {SEEDS}, counted from the recipe's",
            received=f"{seeds} from {first}",
            fix="set seed lower",
        )
    numbers = list(range(first, first + seeds))
    jobs: list[Job] = []
    same_validation = True
    lines: list[str] = []
    opener = Opener(asks=not (folder / "runs").is_dir())
    # Images of one source, cut and shaped in one way, need not be read to be known for the same.
    alike = len({(one.recipe.data.model_dump_json(), one.recipe.classifies) for one in listed}) == 1
    for fold in range(folds) if folds else [None]:
        planned: list[tuple[Candidate, Recipe, DataFacts]] = []
        marks: list[tuple[str, str]] = []
        for candidate in listed:
            recipe = _as_begun(candidate.recipe, folder / "runs" / candidate.name)
            recipe = recipe if fold is None else _folded(recipe, fold, folds)
            collection = opener(recipe)
            asked, recipe = recipe, resolve(recipe, collection)
            facts = facts_of(recipe, collection)
            mine = list(_jobs(candidate, recipe, facts, numbers, fold, folder))
            for job in mine:
                _check_as_before(job)
            if not all(job.run.recipe_file.is_file() for job in mine):
                check_fit(recipe, collection)
            marks.append(
                ("", "") if alike else (model_input_hash(collection.test), model_input_hash(collection.validation))
            )
            planned.append((candidate, recipe, facts))
            jobs += mine
            where = candidate.name if fold is None else f"{candidate.name}, fold {fold}"
            lines += [f"{where}: {line}" for line in raised(asked, recipe)]
            _check_same(marks, planned, 0, "test")
            if fold is not None:
                _check_same(marks, planned, 1, "validation")
        refuse_twice([candidate.name for candidate, _, _ in planned], [recipe for _, recipe, _ in planned])
        same_validation &= len({validation for _, validation in marks}) == 1
    # A seed of every recipe before the next one: what is finished can be compared however early it is stopped.
    jobs.sort(key=lambda job: (job.seed, job.fold or 0))
    names, titles = [one.name for one in listed], [one.recipe.title for one in listed]
    return Plan(folder, names, titles, numbers, folds, jobs, same_validation, lines)


def _as_begun(recipe: Recipe, folder: Path) -> Recipe:
    """Return a recipe without fields that runs of it were begun before: `min_steps` and `data.normal`."""
    for path in folder.glob("*/recipe.json"):
        kept = read_json(path, {"phases": list, "data": dict})
        if not all("min_steps" in phase for phase in kept["phases"]):
            recipe = without_min_steps(recipe)
        if "normal" not in kept["data"]:
            recipe = with_every_class(recipe)
    return recipe


def _jobs(
    candidate: Candidate, recipe: Recipe, facts: DataFacts, seeds: Sequence[int], fold: int | None, folder: Path
) -> Iterator[Job]:
    for seed in seeds:
        place = f"seed-{seed}" if fold is None else f"fold-{fold}-seed-{seed}"
        seeded = recipe.model_copy(update={"seed": seed})
        run = Run(folder / "runs" / candidate.name / place)
        if candidate.run is not None and candidate.run.recipe.bare == seeded.bare:
            run = candidate.run
        elif not run.path.is_dir():
            run = _elsewhere(folder, place, seeded, facts) or run
        yield Job(candidate.name, seed, fold, seeded, run, facts, folder / "validation" / candidate.name / place)


def _elsewhere(folder: Path, place: str, recipe: Recipe, facts: DataFacts) -> Run | None:
    """Return a finished run of a comparison beside this one that was made with the same recipe and images."""
    for path in sorted(folder.parent.glob(f"*/runs/*/{place}")):
        run = Run(path)
        if not all(file.is_file() for file in (run.recipe_file, run.data_facts, run.model, run.metrics)):
            continue
        with suppress(RequestError):  # a recipe of another version says nothing here
            same_images = run.facts.fingerprint == facts.fingerprint
            if run.recipe.bare == recipe.bare and same_images and _began_as(run, recipe):
                return run
    return None


def _began_as(run: Run, recipe: Recipe) -> bool:
    """Whether a run began from the same plugins and models as the recipe would now.

    A run that does not say is of an earlier version, whose batch normalization was another.
    """
    return read_origins(run) == origins_of(recipe)


def _folded(recipe: Recipe, fold: int, folds: int | None) -> Recipe:
    return recipe.model_copy(update={"data": recipe.data.model_copy(update={"fold": [fold, folds]})})


def _check_heads(listed: Sequence[Candidate]) -> None:
    baseline = listed[0]
    for one in listed:
        if not task_of(one.recipe).predicts:
            raise RequestError(
                "compare",
                expected="recipes of models that answer for images",
                received=f"{one.name}, whose adversarial model makes images",
                fix="leave it out, and see: kerasae generate",
            )
    for one in listed[1:]:
        if not set(one.recipe.heads) & set(baseline.recipe.heads):
            sides = " and ".join(f"{', '.join(side.recipe.heads)} of {side.name}" for side in (baseline, one))
            raise RequestError(
                "compare",
                expected="recipes that train a head of the first one's, or there is nothing to compare",
                received=sides,
                fix="leave one out, or name first a recipe that trains both",
            )


def _check_as_before(job: Job) -> None:
    """Refuse a run that lies where this one belongs and was made in another way."""
    if not job.run.recipe_file.is_file():
        return
    difference = first_difference(job.run.recipe.model_dump(mode="json"), job.recipe.model_dump(mode="json"))
    if difference:
        key, before, now = difference
        raise RequestError(
            "--to",
            expected=f"the recipe that {job.run.path} was made with, {key} {before}",
            received=f"{key} {now}",
            fix="give another --to, or remove that run",
        )
    check_same(read_origins(job.run), origins_of(job.recipe), f"run {job.run.path}")
    check_unchanged(job.run.facts, job.facts, str(job.run.path))


def _check_same(
    marks: Sequence[tuple[str, str]],
    planned: Sequence[tuple[Candidate, Recipe, DataFacts]],
    place: int,
    split: str,
) -> None:
    """Refuse a last candidate whose images of a split are others than the first one's, and say how they differ."""
    if marks[-1][place] == marks[0][place]:
        return
    sides = [
        f"{candidate.name}: {facts.counts[split].total:,} of {facts.source} as "
        f"{'x'.join(map(str, facts.image_shape))}, resized by {recipe.data.resize}, data.seed {recipe.data.seed}"
        for candidate, recipe, facts in (planned[0], planned[-1])
    ]
    keys = ", ".join(f"data.{key}" for key in ("source", "image_shape", "resize", "validation", "test"))
    mend = f"set {keys} and data.seed alike by --data or --set"
    if planned[0][1].classifies != planned[-1][1].classifies and planned[0][2].counts["train"].unlabelled:
        mend = (
            "images without a label may be tested on where nothing is classified, so give a test/ folder of its own "
            "beside train/, or compare without the unlabelled images"
        )
    raise RequestError(
        "compare", expected=f"the same {split} images for all recipes", received=f"{'; '.join(sides)}", fix=mend
    )
