"""All that the finished runs of a comparison say, as comparison.json keeps it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasae.experiments.comparison.measures import MEASURES, class_accuracies, values
from kerasae.experiments.comparison.statistics import mcnemar, paired, summary
from kerasae.experiments.comparison.worker import read_judgement
from kerasae.files.reading import read_json, read_npz
from kerasae.recipe.differences import differences

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kerasae.experiments.comparison.plan import Job, Plan


def result(plan: Plan, failed: Mapping[Job, str]) -> dict[str, Any]:
    """Return the comparison as plain values: runs, summaries by recipe, paired tests against the first recipe.

    The tables are about `measured_on`, the test images, or with folds the validation images: then no number of the
    test images is in it.
    """
    runs = [_run(plan, job, failed.get(job)) for job in plan.jobs]
    by_recipe = {name: [run for run in runs if run["recipe"] == name and not run["failed"]] for name in plan.names}
    recipes = []
    for name, title in zip(plan.names, plan.titles, strict=True):
        finished = by_recipe[name]
        recipes.append(
            {
                "name": name,
                "title": title,
                "runs": len(finished),
                "failed": sum(run["recipe"] == name and bool(run["failed"]) for run in runs),
                "measures": _summaries([run["values"] for run in finished]),
                "validation": _summaries([run["validation"] for run in finished]),
                "per_class": _summaries([run["per_class"] for run in finished]),
            }
        )
    first = plan.jobs[0]
    of_first = [job for job in plan.jobs if (job.name, job.seed) == (first.name, first.seed)]  # one, or one a fold
    return {
        "recipes": recipes,
        "baseline": plan.names[0],
        "measured_on": plan.split,
        "seeds": plan.seeds,
        "folds": plan.folds,
        "same_validation": plan.same_validation,
        "num_pictures": sum(job.facts.counts[plan.split].total for job in of_first),
        "source": first.facts.source,
        "paired": [row for name in plan.names[1:] for row in _paired(plan, by_recipe, name)],
        "mcnemar": [row for name in plan.names[1:] for row in _mcnemar(plan, failed, name)],
        "differences": _differences(plan),
        "runs": runs,
    }


def _run(plan: Plan, job: Job, reason: str | None) -> dict[str, Any]:
    run: dict[str, Any] = {
        "recipe": job.name,
        "seed": job.seed,
        "fold": job.fold,
        "path": os.path.relpath(job.run.path, plan.folder),
        "failed": reason,
    }
    if reason is not None:
        return run
    metrics, validation = read_json(job.run.metrics, {"test": dict}), read_judgement(job.judgement)["validation"]
    split = validation if plan.folds else metrics["test"]
    on_validation = values({}, validation)
    return run | {
        "values": values(metrics, split),
        "validation": {} if plan.folds else on_validation,
        "per_class": class_accuracies(split),
    }


def _summaries(rows: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """Summarize every value that all runs of a recipe have."""
    keys = [key for key in rows[0] if all(key in row for row in rows)] if rows else []
    return {key: summary([row[key] for row in rows]) for key in keys}


def _paired(plan: Plan, by_recipe: Mapping[str, Sequence[Mapping[str, Any]]], name: str) -> list[dict[str, Any]]:
    """Test each measure of a recipe against the baseline's, over the seeds, or folds, that both finished."""
    sides = [_units(plan, by_recipe[one]) for one in (plan.names[0], name)]
    common = [unit for unit in sides[0] if unit in sides[1]]
    share = 0.0 if plan.folds is None else 1 / (plan.folds - 1)
    rows = []
    for measure in MEASURES:
        key = measure.key
        if key != "parameters" and common and all(key in side[unit] for side in sides for unit in common):
            baseline, other = ([side[unit][key] for unit in common] for side in sides)
            tested = paired(baseline, other, share)
            rows.append({"recipe": name, "measure": measure.key, **tested})
    return rows


def _units(plan: Plan, runs: Sequence[Mapping[str, Any]]) -> dict[int, dict[str, float]]:
    """Return the values by seed; with folds by fold, as means over its seeds, which share its images."""
    if plan.folds is None:
        return {run["seed"]: run["values"] for run in runs}
    units = {}
    for fold in range(plan.folds):
        rows = [run["values"] for run in runs if run["fold"] == fold]
        if len(rows) == len(plan.seeds):
            units[fold] = {key: found["mean"] for key, found in _summaries(rows).items()}
    return units


def _mcnemar(plan: Plan, failed: Mapping[Job, str], name: str) -> list[dict[str, Any]]:
    """Test the answers of a recipe against the baseline's, for each seed, over the images of all folds together."""
    rows = []
    for seed in plan.seeds:
        sides = [
            [job for job in plan.jobs if job.name == one and job.seed == seed and job not in failed]
            for one in (plan.names[0], name)
        ]
        if not sides[0] or len({tuple(job.fold for job in side) for side in sides}) > 1:
            continue
        if all("label" in job.recipe.heads for side in sides for job in side):
            baseline, other = (np.concatenate([_right(plan, job) for job in side]) for side in sides)
            rows.append({"recipe": name, "seed": seed, **mcnemar(baseline, other)})
    return rows


def _right(plan: Plan, job: Job) -> np.ndarray:
    """Tell of each labelled image whether it was named right."""
    saved = read_npz(plan.predictions_of(job), ["label", "probabilities"])
    label, probabilities = saved["label"], saved["probabilities"]
    return (probabilities.argmax(axis=1) == label)[label >= 0]


def _differences(plan: Plan) -> list[dict[str, Any]]:
    """List in what the recipes differ, field by field."""
    firsts = [next(job for job in plan.jobs if job.name == name) for name in plan.names]
    rows = differences([job.recipe.bare.model_dump(mode="json") for job in firsts])
    return [{"field": key, "values": texts} for key, texts in rows]
