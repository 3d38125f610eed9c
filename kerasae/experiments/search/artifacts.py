"""Files of a search: `trials.csv`, `best.toml`, `default.toml`, and event files for TensorBoard's HParams view."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import tensorflow as tf
from tensorboard.plugins.hparams import api as hparams

from kerasae.experiments.search.results import TrialResult, best_result, read_results
from kerasae.files.writing import write_text
from kerasae.recipe import Recipe, toml

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from kerasae.experiments.search.plan import SearchPlan

BEST, DEFAULT, TRIALS = "best.toml", "default.toml", "trials.csv"
FIRST_COLUMNS = ("id", "status", "score", "epochs", "seconds", "parameters", "latency_ms")
EVENTS_SUFFIX = ".kerasae"  # of our event files, which are replaced


def write_trials(plan: SearchPlan) -> list[TrialResult]:
    """Write `trials.csv`, one row for each finished trial by id, and return the results."""
    results = read_results(plan.folder)
    write_text(plan.folder / TRIALS, trials_csv(results, [parameter.name for parameter in plan.space.parameters]))
    return results


def trials_csv(results: Iterable[TrialResult], parameters: Sequence[str]) -> str:
    """Return the text of `trials.csv`: score and cost, logged metrics, drawn values, and the reason of a failure."""
    rows = []
    for result in results:
        values = {name: _plain(result.values[name]) for name in parameters if name in result.values}
        first = {name: getattr(result, name) for name in FIRST_COLUMNS}
        rows.append({**first, **result.metrics, **values, "continues": result.continues, "reason": result.reason})
    metrics = dict.fromkeys(name for row in rows for name in row if name.startswith("val_"))
    columns = [*FIRST_COLUMNS, *metrics, *parameters, "continues", "reason"]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def write_recipes(plan: SearchPlan, results: Sequence[TrialResult]) -> TrialResult | None:
    """Write `best.toml` and `default.toml`, and return the best trial; None if no trial was completed."""
    best = best_result(results, plan.objective)
    if best is None:
        return None
    score = f"{plan.objective.name} {best.score:.5g} on validation images"
    comments = [
        f"Found by a search: trial {best.id} of {len(results)}, {score}.",
        f"Run:     kerasae train {plan.folder / BEST}",
    ]
    write_text(plan.folder / BEST, _recipe_toml(plan.final_recipe(best.values), comments))
    write_text(plan.folder / DEFAULT, _recipe_toml(plan.requested, ["The recipe that was searched, without changes."]))
    return best


def _recipe_toml(recipe: Recipe, comments: Sequence[str]) -> str:
    """Return a recipe as a TOML file with comments at its head."""
    tree = recipe.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    tree.pop("reference", None)  # its results are those of the original recipe
    return "".join(f"# {line}\n" for line in comments) + "\n" + toml.document(tree)


def write_hparams(plan: SearchPlan, result: TrialResult) -> None:
    """Write a trial for TensorBoard's HParams view: `tensorboard --logdir FOLDER/hparams`."""
    if result.score is None:
        return
    folder: Path = plan.folder / "hparams" / result.id
    for earlier in folder.glob(f"events.out.tfevents.*{EVENTS_SUFFIX}"):
        earlier.unlink()
    values: dict[Any, Any] = {
        name: value if isinstance(value, bool) else _plain(value) for name, value in result.values.items()
    }
    costs = {"parameters": result.parameters, "seconds": result.seconds, "epochs": result.epochs}
    scalars = {plan.objective.name: result.score, **result.metrics}
    scalars |= {name: cost for name, cost in costs.items() if cost is not None}
    with tf.summary.create_file_writer(str(folder), filename_suffix=EVENTS_SUFFIX).as_default():
        hparams.hparams(values, trial_id=result.id)
        for name, value in scalars.items():
            tf.summary.scalar(name.replace(" ", "_"), value, step=0)


def _plain(value: Any) -> Any:
    """Return a drawn value as a number or a text: lists, tables and booleans as JSON."""
    return json.dumps(value) if isinstance(value, list | dict | bool) else value
