"""Checks that recipes can be compared: they share a head, and the images that they are measured on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kerasae.data.fingerprint import model_input_hash
from kerasae.tasks import task_of
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kerasae.data.collection import Collection
    from kerasae.experiments.comparison.candidates import Candidate
    from kerasae.recipe import Recipe
    from kerasae.runs.data_facts import DataFacts


@dataclass(frozen=True)
class PreparedCandidate:
    """A candidate with its images opened.

    Attributes:
        name: the candidate's name.
        recipe: the resolved recipe.
        facts: what is known about its images.
        digests: a hash of the images of each split, as the model receives them; "" where all candidates share them.
    """

    name: str
    recipe: Recipe
    facts: DataFacts
    digests: Mapping[str, str]


def share_images(candidates: Sequence[Candidate]) -> bool:
    """Return whether all recipes read the same data in the same way, so that the images need not be compared."""
    return len({(each.recipe.data.model_dump_json(), each.recipe.classifies) for each in candidates}) == 1


def image_digests(collection: Collection, shared: bool) -> dict[str, str]:
    """Return `PreparedCandidate.digests`; `shared` is what `share_images` says."""
    splits = {"test": collection.test, "validation": collection.validation}
    return {name: "" if shared else model_input_hash(images) for name, images in splits.items()}


def check_heads(candidates: Sequence[Candidate]) -> None:
    """Refuse models that do not predict, and recipes that train no head of the first recipe.

    Raises:
        RequestError: the first of them.
    """
    baseline = candidates[0]
    for candidate in candidates:
        if not task_of(candidate.recipe).predicts:
            raise RequestError(
                "compare",
                expected="recipes of models that predict",
                received=f"{candidate.name}, whose adversarial model generates images",
                fix="leave it out, and see: kerasae generate",
            )
    for candidate in candidates[1:]:
        if not set(candidate.recipe.heads) & set(baseline.recipe.heads):
            sides = (f"{', '.join(each.recipe.heads)} of {each.name}" for each in (baseline, candidate))
            raise RequestError(
                "compare",
                expected="recipes that train a head of the first recipe, since the others are compared with it",
                received=" and ".join(sides),
                fix="leave out one of the two, or put first a recipe that trains both heads",
            )


def check_same_images(baseline: PreparedCandidate, candidate: PreparedCandidate, split: str) -> None:
    """Refuse a candidate whose images of a split differ from the baseline's.

    Raises:
        RequestError: says how the two describe their images.
    """
    if candidate.digests[split] == baseline.digests[split]:
        return
    sides = [
        f"{each.name}: {each.facts.counts[split].total:,} of {each.facts.source} as "
        f"{'x'.join(map(str, each.facts.image_shape))}, resized by {each.recipe.data.resize}, data.seed "
        f"{each.recipe.data.seed}"
        for each in (baseline, candidate)
    ]
    keys = ", ".join(f"data.{key}" for key in ("source", "image_shape", "resize", "validation", "test"))
    fix = f"set {keys} and data.seed alike by --data or --set"
    if baseline.recipe.classifies != candidate.recipe.classifies and baseline.facts.counts["train"].unlabelled:
        fix = (
            "a recipe that does not classify is also tested on images without a label: give a test/ folder beside "
            "train/, or compare without the unlabelled images"
        )
    raise RequestError(
        "compare", expected=f"the same {split} images for all recipes", received="; ".join(sides), fix=fix
    )
