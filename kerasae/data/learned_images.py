"""Which images a model has learned from, so that a run which starts from its parts is not tested on them unseen.

`learned.npz` of a run holds 8 bytes for each training image, its own and those of the runs that it starts from.
An image is known by its upright pixels: one that was saved again with loss, cropped or resized counts as another.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasae.data.summary import share
from kerasae.files.manifest import is_listed
from kerasae.files.reading import damaged, read_npz
from kerasae.files.writing import written_whole
from kerasae.runs.run import Run
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kerasae.data.collection import Collection
    from kerasae.recipe import Recipe

# Of the test images, which cannot move an accuracy by more than this.
MOST_SHARED = 0.005


@dataclass(frozen=True)
class Learned:
    """Images that runs have learned from.

    Attributes:
        marks: see `ImageSet.marks`; uint64 (n,), ascending.
        unknown: runs of which it is not known, since an earlier version made them.
    """

    marks: np.ndarray
    unknown: tuple[str, ...] = ()


def learned_before(recipe: Recipe) -> Learned:
    """Return what the runs that a recipe starts from have learned from, and those before them.

    Raises:
        RequestError: such a run cannot be opened, or its file is damaged.
    """
    learned = [_read(Run.open(Path(folder).expanduser())) for folder in _folders(recipe)]
    marks = np.unique(np.concatenate([np.empty(0, np.uint64), *(before.marks for before in learned)]))
    return Learned(marks, tuple(dict.fromkeys(run for before in learned for run in before.unknown)))


def keep_learned(run: Run, recipe: Recipe, collection: Collection) -> None:
    """Keep what a run learns from in its folder, once, before it trains; nothing where the images have no marks."""
    if run.learned.is_file() or "train" not in collection.marks:
        return
    before = learned_before(recipe)
    marks = np.union1d(before.marks, collection.marks["train"])
    with written_whole(run.learned) as temporary:
        np.savez(temporary, marks=marks, unknown=np.array(before.unknown, np.str_))


def facts_of(recipe: Recipe, collection: Collection) -> dict[str, Any]:
    """Return the facts of a collection and, for a recipe that starts from other runs, what those learned from of it.

    Returns:
        `Collection.facts` with `start_from`: by split, "validation" and "test", how many images the other runs have
        learned from, other than images that the training set holds too (those count as duplicates); and the runs
        of which that is `unknown`.
    """
    if not _folders(recipe):
        return collection.facts
    before = learned_before(recipe)
    counts = {split: _overlap(before, collection, split) for split in ("validation", "test")}
    return {**collection.facts, "start_from": {**counts, "unknown": list(before.unknown)}}


def check_unseen(recipe: Recipe, collection: Collection, facts: Mapping[str, Any]) -> None:
    """Refuse test images that the runs which a recipe starts from have learned from, unless the recipe allows it.

    A share of at most `MOST_SHARED` is let through and said, see `facts_of`: large sets hold images twice.

    Args:
        recipe: the recipe.
        collection: the images.
        facts: what `facts_of` returns for them.

    Raises:
        RequestError: there are more; or there are validation images of that kind where those are what a fold measures.
    """
    overlap: Mapping[str, Any] = facts.get("start_from", {})
    for split, allowed, way_out in (
        (
            "test",
            recipe.data.learned_test == "allow",
            "give a test/ folder that stays the same, or allow and report it by --set data.learned_test=allow",
        ),
        ("validation", recipe.data.fold is None, "train that part in a phase of this recipe, or compare over seeds"),
    ):
        total = len(collection.marks.get(split, ()))
        if overlap.get(split, 0) > MOST_SHARED * total and not allowed:
            raise RequestError(
                "recipe: start_from",
                expected=f"runs that did not learn from the {split} images",
                received=(f"{', '.join(_folders(recipe))}, which learned from {share(overlap[split], total)} of them"),
                fix=way_out,
            )


def _folders(recipe: Recipe) -> list[str]:
    return sorted({folder for phase in recipe.phases for folder in phase.start_from.values()})


def _overlap(before: Learned, collection: Collection, split: str) -> int:
    if split not in collection.marks:
        return 0
    marks = collection.marks[split]
    return int((np.isin(marks, before.marks) & ~np.isin(marks, collection.marks["train"])).sum())


def _read(run: Run) -> Learned:
    if not run.learned.exists() and not is_listed(run.learned):
        return Learned(np.empty(0, np.uint64), (str(run.path),))
    stored = read_npz(run.learned, ("marks", "unknown"))
    marks, unknown = stored["marks"], stored["unknown"]
    if marks.dtype != np.uint64 or marks.ndim != 1 or unknown.ndim != 1:
        raise damaged(run.learned, "expected uint64 (n,)")
    return Learned(marks, tuple(map(str, unknown)))
