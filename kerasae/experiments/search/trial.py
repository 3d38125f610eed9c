"""One trial: trains the recipe with the trial's values, and scores it on validation images."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import keras
import numpy as np

from kerasae.data.learned_images import facts_of
from kerasae.experiments.jobs import Job, Replicate, is_replicate_name, remove_checkpoints, replicates
from kerasae.experiments.search.callbacks import EpochLimit, Halted, MedianPruning, MedianRule, Pruned
from kerasae.experiments.search.constraints import ModelCost, OverLimitError, measure_cost
from kerasae.experiments.search.results import Execution, TrialResult, read_results, trial_folder
from kerasae.runs.folder import RunFolder
from kerasae.runs.history import History, read_history
from kerasae.training.callbacks import DivergedError
from kerasae.training.checkpoint import read_progress
from kerasae.training.joint import check_fit, train_phases
from kerasae.utils.processes import failure_line
from kerasae.workflows.begin import check, resolve

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kerasae.data.collection import Collection
    from kerasae.data.collection_cache import Opener
    from kerasae.experiments.search.algorithm import TrialSpec
    from kerasae.experiments.search.objective import Objective
    from kerasae.experiments.search.plan import SearchPlan
    from kerasae.recipe import Recipe


def run_trial(plan: SearchPlan, spec: TrialSpec, opener: Opener) -> TrialResult:
    """Train and score one trial, or resume it, and write its result into its folder.

    Args:
        plan: the search of the trial.
        spec: the trial.
        opener: opens the images.

    Returns:
        The result. The trial has failed, for a reason, if its model is over a limit, its loss diverges, or any other
        error is raised with its values.
    """
    folder = trial_folder(plan.folder, spec.id)
    failed = TrialResult(spec.id, dict(spec.values), "failed", continues=spec.continues)
    try:
        result = _train_all(plan, spec, opener)
    except (OverLimitError, DivergedError) as error:
        result = replace(failed, reason=str(error))
    except Exception as error:
        result = replace(failed, reason=failure_line(error))
    free_memory()
    epochs, seconds = _time_spent(plan, result)
    result = replace(result, epochs=epochs, seconds=seconds)
    result.write(folder)
    if spec.max_epochs is None:  # no other trial continues this one, and checkpoints are large
        for path in folder.iterdir():
            if is_replicate_name(path.name):
                remove_checkpoints(RunFolder(path))
    return result


def _train_all(plan: SearchPlan, spec: TrialSpec, opener: Opener) -> TrialResult:
    """Train the runs of a trial until one is pruned, and return their means."""
    recipe = plan.trial_recipe(spec.values)
    check(recipe)
    executions: list[Execution] = []
    metrics: list[dict[str, float]] = []
    cost: ModelCost | None = None
    is_pruned = False
    for replicate in replicates(recipe.seed, plan.settings.executions_per_trial, plan.settings.folds):
        seeded = replicate.applied(recipe)
        collection = opener(seeded)
        resolved = resolve(seeded, collection)
        if cost is None:
            cost = measure_cost(check_fit(resolved, collection), plan.settings)
        run = _run_of(plan, spec.id, replicate)
        parent = None if spec.continues is None else _run_of(plan, spec.continues, replicate)
        Job(spec.id, replicate, resolved, run, facts_of(resolved, collection)).begin_or_resume(parent)
        is_pruned = _train(plan, run, resolved, collection, spec.max_epochs)
        history = read_history(run.history)
        executions.append(_execution(plan.objective, run, resolved, history))
        metrics.append(_scored_metrics(plan.objective, resolved, history))
        if is_pruned:
            break
        free_memory()
    scores = [execution.score for execution in executions if execution.score is not None]
    return TrialResult(
        spec.id,
        dict(spec.values),
        status="failed" if not scores else "pruned" if is_pruned else "completed",
        reason=None if scores else f"no epoch has a number for {plan.objective.name}",
        score=float(np.mean(scores)) if scores else None,
        parameters=cost.parameters if cost else None,
        latency_ms=cost.latency_ms if cost else None,
        metrics={key: float(np.mean([row[key] for row in metrics if key in row])) for key in metrics[0]},
        executions=tuple(executions),
        continues=spec.continues,
    )


def _execution(objective: Objective, run: RunFolder, recipe: Recipe, history: History) -> Execution:
    """Return the score and the learning curve of a run."""
    curve = objective.curve(history)
    epoch = objective.scored_epoch(history, recipe)
    score = None if epoch is None else float(curve[epoch])
    return Execution(run.path.name, score, tuple(float(value) if np.isfinite(value) else None for value in curve))


def _scored_metrics(objective: Objective, recipe: Recipe, history: History) -> dict[str, float]:
    """Return the logged validation values at the epoch at which a run is scored."""
    epoch = objective.scored_epoch(history, recipe)
    if epoch is None:
        return {}
    values = {name: column[epoch] for name, column in history.columns.items() if name.startswith("val_")}
    return {name: float(value) for name, value in values.items() if np.isfinite(value)}


def _run_of(plan: SearchPlan, id: str, replicate: Replicate) -> RunFolder:
    return RunFolder(trial_folder(plan.folder, id) / replicate.name)


def _train(plan: SearchPlan, run: RunFolder, recipe: Recipe, collection: Collection, max_epochs: int | None) -> bool:
    """Train a run to its end or to `max_epochs`; return whether the median rule has stopped it."""
    callbacks: list[keras.callbacks.Callback] = []
    history = read_history(run.history)
    if max_epochs is not None:
        # Another trial continues from the checkpoint; the history may be one epoch ahead of it.
        last = run.checkpoints / "last.npz"
        if last.is_file() and read_progress(last).rows >= max_epochs:
            return False
        callbacks.append(EpochLimit(run, max_epochs))
    if plan.settings.prune is not None:
        other_curves = partial(_completed_curves, plan.folder, run.path.name, {})
        epochs = sum(phase.epochs for phase in recipe.phases)
        rule = MedianRule(plan.objective, plan.settings.prune, epochs, other_curves)
        if rule.stops(plan.objective.curve(history)):  # the process was killed before it wrote the result
            return True
        callbacks.append(MedianPruning(run, rule))
    try:
        train_phases(run, recipe, collection, watching=lambda: callbacks, macro_f1=plan.objective.needs_macro_f1)
    except Halted as halted:
        return isinstance(halted, Pruned)
    return False


def _completed_curves(folder: Path, run_name: str, known: dict[str, np.ndarray | None]) -> Sequence[np.ndarray]:
    """Return the learning curves of a run in all completed trials of a search; `known` caches them by trial."""
    for result in read_results(folder, skip=known):
        curves = [execution.curve for execution in result.executions if execution.run_name == run_name]
        is_compared = result.status == "completed" and curves
        known[result.id] = np.array(curves[0], float) if is_compared else None
    return [curve for curve in known.values() if curve is not None]


def _time_spent(plan: SearchPlan, result: TrialResult) -> tuple[int, float]:
    """Return the epochs and seconds that a trial has trained, without those of the trial that it continues."""

    def epoch_seconds(id: str) -> list[np.ndarray]:
        paths: list[Path] = sorted(trial_folder(plan.folder, id).glob("*/history.csv"))
        return [read_history(path).columns.get("seconds", np.empty(0)) for path in paths]

    total = epoch_seconds(result.id)
    # A trial that fails early has not copied the epochs that it continues from.
    before = epoch_seconds(result.continues) if total and result.continues is not None else []
    epochs = sum(map(len, total)) - sum(map(len, before))
    return epochs, float(sum(map(np.nansum, total)) - sum(map(np.nansum, before)))


def free_memory() -> None:
    """Release models and graphs, as far as TensorFlow does."""
    keras.backend.clear_session()
