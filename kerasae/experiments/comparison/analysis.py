"""From finished runs to the result of a comparison: values, summaries and paired tests."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from kerasae.experiments.comparison.measures import MEASURES, class_accuracies, measured_values
from kerasae.experiments.comparison.result import (
    ComparisonResult,
    FieldDifference,
    McNemarDifference,
    PairedDifference,
    RecipeResult,
    RunResult,
)
from kerasae.experiments.comparison.statistics import Summary, mcnemar_test, paired_test, summary
from kerasae.experiments.comparison.train_and_validate import read_validation_metrics
from kerasae.files.reading import read_json, read_npz
from kerasae.recipe.differences import differences

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kerasae.experiments.comparison.plan import ComparisonJob, ComparisonPlan


def analyze(plan: ComparisonPlan, failures: Mapping[ComparisonJob, str]) -> ComparisonResult:
    """Collect what the runs measured, and test every recipe against the first.

    The result is about test images; with folds it is about validation images, and holds no number of test images.

    Args:
        plan: the comparison.
        failures: why jobs failed; the others are finished.
    """
    runs = [_run_result(plan, job, failures.get(job)) for job in plan.jobs]
    finished = {name: [run for run in runs if run.recipe == name and run.failed is None] for name in plan.names}
    recipes = [
        RecipeResult(
            name=name,
            title=title,
            runs=len(finished[name]),
            failed=sum(run.recipe == name and run.failed is not None for run in runs),
            measures=_summaries([run.values for run in finished[name]]),
            validation=_summaries([run.validation for run in finished[name]]),
            per_class=_summaries([run.per_class for run in finished[name]]),
        )
        for name, title in zip(plan.names, plan.titles, strict=True)
    ]
    first = plan.jobs[0]
    folds_of_first = [
        job for job in plan.jobs if (job.group, job.replicate.seed) == (first.group, first.replicate.seed)
    ]
    return ComparisonResult(
        recipes=recipes,
        baseline=plan.names[0],
        measured_on=plan.split,
        seeds=plan.seeds,
        folds=plan.folds,
        same_validation=plan.same_validation,
        num_images=sum(job.facts.counts[plan.split].total for job in folds_of_first),
        source=first.facts.source,
        paired=[row for name in plan.names[1:] for row in _paired_differences(plan, finished, name)],
        mcnemar=[row for name in plan.names[1:] for row in _mcnemar_differences(plan, failures, name)],
        differences=_field_differences(plan),
        runs=runs,
    )


def _run_result(plan: ComparisonPlan, job: ComparisonJob, failure: str | None) -> RunResult:
    path = os.path.relpath(job.run.path, plan.folder)
    seed, fold = job.replicate.seed, job.replicate.fold
    if failure is not None:
        return RunResult(job.group, seed, fold, path, failure)
    metrics, validation = read_json(job.run.metrics, {"test": dict}), read_validation_metrics(job.validation)
    split_metrics = metrics["test"] if plan.folds is None else validation
    return RunResult(
        recipe=job.group,
        seed=seed,
        fold=fold,
        path=path,
        failed=None,
        values=measured_values(metrics, split_metrics),
        validation=measured_values({}, validation) if plan.folds is None else {},
        per_class=class_accuracies(split_metrics),
    )


def _summaries(rows: Sequence[Mapping[str, float]]) -> dict[str, Summary]:
    """Summarize every value that all runs of a recipe have."""
    keys = [key for key in rows[0] if all(key in row for row in rows)] if rows else []
    return {key: summary([row[key] for row in rows]) for key in keys}


def _paired_differences(
    plan: ComparisonPlan, finished: Mapping[str, Sequence[RunResult]], name: str
) -> list[PairedDifference]:
    """Test each measure of a recipe against the baseline's, over the seeds or folds that both finished."""
    baseline, other = (_paired_values(plan, finished[recipe]) for recipe in (plan.names[0], name))
    common = [key for key in baseline if key in other]
    # Every fold is 1 / folds of the training images, and is trained on the rest.
    test_over_train = 0.0 if plan.folds is None else 1 / (plan.folds - 1)
    rows = []
    for measure in MEASURES:
        key = measure.key
        if key == "parameters" or not common:
            continue
        if all(key in side[pair] for side in (baseline, other) for pair in common):
            values, other_values = ([side[pair][key] for pair in common] for side in (baseline, other))
            rows.append(PairedDifference(name, key, paired_test(values, other_values, test_over_train)))
    return rows


def _paired_values(plan: ComparisonPlan, runs: Sequence[RunResult]) -> dict[int, Mapping[str, float]]:
    """Return values by seed; with folds, means over seeds by fold, since the seeds of a fold share its images."""
    if plan.folds is None:
        return {run.seed: run.values for run in runs}
    by_fold: dict[int, Mapping[str, float]] = {}
    for fold in range(plan.folds):
        rows = [run.values for run in runs if run.fold == fold]
        if len(rows) == len(plan.seeds):
            by_fold[fold] = {key: values.mean for key, values in _summaries(rows).items()}
    return by_fold


def _mcnemar_differences(
    plan: ComparisonPlan, failures: Mapping[ComparisonJob, str], name: str
) -> list[McNemarDifference]:
    """Test a recipe's predictions against the baseline's for each seed, over the images of all folds together."""
    rows = []
    for seed in plan.seeds:
        sides = [
            [job for job in plan.jobs if job.group == recipe and job.replicate.seed == seed and job not in failures]
            for recipe in (plan.names[0], name)
        ]
        if not sides[0] or len({tuple(job.replicate.fold for job in side) for side in sides}) > 1:
            continue
        if all("label" in job.recipe.heads for side in sides for job in side):
            baseline, other = (np.concatenate([_is_correct(plan, job) for job in side]) for side in sides)
            rows.append(McNemarDifference(name, seed, mcnemar_test(baseline, other)))
    return rows


def _is_correct(plan: ComparisonPlan, job: ComparisonJob) -> np.ndarray:
    """Return for each labelled image whether a run classified it correctly; bool (n,)."""
    predictions = read_npz(plan.predictions_of(job), ["label", "probabilities"])
    label, probabilities = predictions["label"], predictions["probabilities"]
    return (probabilities.argmax(axis=1) == label)[label >= 0]


def _field_differences(plan: ComparisonPlan) -> list[FieldDifference]:
    """Return in which fields the recipes differ."""
    firsts = [next(job for job in plan.jobs if job.group == name) for name in plan.names]
    rows = differences([job.recipe.bare.model_dump(mode="json") for job in firsts])
    return [FieldDifference(name, values) for name, values in rows]
