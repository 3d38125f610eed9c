"""learned.npz: which images a model has learned from, so that a run which starts from its parts is not tested on them.

The file holds 8 bytes for each training image of the run and of the runs that it starts from. An image is identified
by its upright pixels: one that was saved again with loss, cropped or resized counts as another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kerasae.data.summary import share
from kerasae.files.manifest import is_listed
from kerasae.files.reading import damaged, read_npz
from kerasae.files.writing import written_whole
from kerasae.runs.data_facts import DataFacts, LearnedBefore
from kerasae.runs.folder import RunFolder
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from kerasae.data.collection import Collection
    from kerasae.recipe import Recipe

# The share of the test images that may be learned before: it cannot change an accuracy by more than this.
MOST_SHARED = 0.005


@dataclass(frozen=True)
class Learned:
    """The images that runs have learned from.

    Attributes:
        ids: see `ImageHashes.ids`; uint64 (n,), ascending.
        unknown: the runs of which that is not known, since an earlier version made them.
    """

    ids: np.ndarray
    unknown: tuple[str, ...] = ()


def learned_before(recipe: Recipe) -> Learned:
    """Return what the runs that a recipe starts from have learned from, and the runs before them.

    Raises:
        RequestError: a run cannot be opened, or its file is damaged.
    """
    learned = [_read(RunFolder.open(Path(folder).expanduser())) for folder in _folders(recipe)]
    ids = np.unique(np.concatenate([np.empty(0, np.uint64), *(before.ids for before in learned)]))
    return Learned(ids, tuple(dict.fromkeys(run for before in learned for run in before.unknown)))


def keep_learned(run: RunFolder, recipe: Recipe, collection: Collection) -> None:
    """Write learned.npz of a run, once, before it trains; nothing where the images have no ids."""
    if run.learned.is_file() or "train" not in collection.image_ids:
        return
    before = learned_before(recipe)
    ids = np.union1d(before.ids, collection.image_ids["train"])
    with written_whole(run.learned) as temporary:
        np.savez(temporary, marks=ids, unknown=np.array(before.unknown, np.str_))


def facts_of(recipe: Recipe, collection: Collection) -> DataFacts:
    """Return the facts of a collection, with `start_from` for a recipe that starts from other runs.

    Images that the training set holds too are not counted in `start_from`: they count as duplicates.
    """
    if not _folders(recipe):
        return collection.facts
    before = learned_before(recipe)
    return replace(
        collection.facts,
        start_from=LearnedBefore(
            validation=_overlap(before, collection, "validation"),
            test=_overlap(before, collection, "test"),
            unknown=before.unknown,
        ),
    )


def check_unseen(recipe: Recipe, collection: Collection, facts: DataFacts) -> None:
    """Refuse test images that the runs which a recipe starts from have learned from, unless the recipe allows it.

    A share of at most `MOST_SHARED` is accepted and reported, see `facts_of`: large sets hold some images twice.

    Args:
        recipe: the recipe.
        collection: the images.
        facts: what `facts_of` returns for them.

    Raises:
        RequestError: there are more; or a fold would be measured on validation images that were learned from.
    """
    before = facts.start_from or LearnedBefore()
    for split, overlap, allowed, fix in (
        (
            "test",
            before.test,
            recipe.data.learned_test == "allow",
            "give a test/ folder that stays the same, or allow and report it by --set data.learned_test=allow",
        ),
        (
            "validation",
            before.validation,
            recipe.data.fold is None,
            "train that part in a phase of this recipe, or compare over seeds",
        ),
    ):
        total = len(collection.image_ids.get(split, ()))
        if overlap > MOST_SHARED * total and not allowed:
            raise RequestError(
                "recipe: start_from",
                expected=f"runs that did not learn from the {split} images",
                received=f"{', '.join(_folders(recipe))}, which learned from {share(overlap, total)} of them",
                fix=fix,
            )


def _folders(recipe: Recipe) -> list[str]:
    return sorted({folder for phase in recipe.phases for folder in phase.start_from.values()})


def _overlap(before: Learned, collection: Collection, split: str) -> int:
    if split not in collection.image_ids:
        return 0
    ids = collection.image_ids[split]
    return int((np.isin(ids, before.ids) & ~np.isin(ids, collection.image_ids["train"])).sum())


def _read(run: RunFolder) -> Learned:
    if not run.learned.exists() and not is_listed(run.learned):
        return Learned(np.empty(0, np.uint64), (str(run.path),))
    stored = read_npz(run.learned, ("marks", "unknown"))
    ids, unknown = stored["marks"], stored["unknown"]
    if ids.dtype != np.uint64 or ids.ndim != 1 or unknown.ndim != 1:
        raise damaged(run.learned, "expected uint64 (n,)")
    return Learned(ids, tuple(map(str, unknown)))
