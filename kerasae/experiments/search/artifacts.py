"""What a search leaves: trials.csv, the best recipe and the default one as TOML, and runs in TensorBoard's form."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import tensorflow as tf
from tensorboard.plugins.hparams import api as hparams

from kerasae.experiments.search.outcome import Outcome, outcomes, to_csv
from kerasae.experiments.search.progress import best_of
from kerasae.files.writing import write_text
from kerasae.recipe import Recipe, toml

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kerasae.experiments.search.plan import Search

BEST, DEFAULT, TRIALS = "best.toml", "default.toml", "trials.csv"
EVENTS = ".kerasae"  # ends the names of our event files, which are written anew


def write_trials(search: Search) -> list[Outcome]:
    """Write trials.csv, one row a finished trial by id, and return the trials."""
    found = outcomes(search.folder)
    write_text(search.folder / TRIALS, to_csv(found, [parameter.name for parameter in search.space.parameters]))
    return found


def write_best(search: Search, found: Sequence[Outcome]) -> Outcome | None:
    """Write the recipe of the best trial, and the one that was searched, to train from; return the trial."""
    best = best_of(search, list(found))
    if best is None:
        return None
    score = f"{search.objective.name} {best.score:.5g} on validation images"
    words = [
        f"Found by a search: trial {best.id} of {len(found)}, {score}.",
        f"Run:     kerasae train {search.folder / BEST}",
    ]
    write_text(search.folder / BEST, as_toml(search.found(best.values), words))
    write_text(
        search.folder / DEFAULT, as_toml(search.asked, ["The recipe that was searched, as it stands by itself."])
    )
    return best


def as_toml(recipe: Recipe, words: Sequence[str]) -> str:
    """Return a recipe as a TOML file with comments above."""
    tree = recipe.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    tree.pop("reference", None)  # what was measured with the recipe before says nothing of this one
    return "".join(f"# {line}\n" for line in words) + "\n" + toml.document(tree)


def commonest_reason(found: Sequence[Outcome]) -> tuple[str, int]:
    """Return why most of the failed trials failed, and how many did so; numbers in reasons do not tell them apart."""
    reasons = [one.reason or "no reason" for one in found if one.status == "failed"]
    kinds = Counter("".join(char for char in reason if not char.isdigit()) for reason in reasons)
    kind, count = kinds.most_common(1)[0]
    return next(one for one in reasons if "".join(char for char in one if not char.isdigit()) == kind), count


def write_hparams(search: Search, outcome: Outcome) -> None:
    """Write a trial for TensorBoard's HParams view: `tensorboard --logdir FOLDER/hparams`."""
    if outcome.score is None:
        return
    folder: Path = search.folder / "hparams" / outcome.id
    for left in folder.glob(f"events.out.tfevents.*{EVENTS}"):
        left.unlink()
    drawn: dict[Any, Any] = {name: _plain(value) for name, value in outcome.values.items()}
    with tf.summary.create_file_writer(str(folder), filename_suffix=EVENTS).as_default():
        hparams.hparams(drawn, trial_id=outcome.id)
        measured = {search.objective.name: outcome.score, **outcome.measures}
        costs = {"parameters": outcome.parameters, "seconds": outcome.seconds, "epochs": outcome.epochs}
        for name, value in {**measured, **{key: one for key, one in costs.items() if one is not None}}.items():
            tf.summary.scalar(name.replace(" ", "_"), value, step=0)


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float | str) else json.dumps(value)
