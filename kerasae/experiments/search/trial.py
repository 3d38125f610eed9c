"""One trial: the recipe with its values, trained on training images and measured on validation images alone."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from kerasae.data.learned_images import facts_of
from kerasae.experiments.jobs import Job, Replicate, is_replicate_name, remove_checkpoints, replicates
from kerasae.experiments.search.callbacks import EpochLimit, Halted, MedianPruning, MedianRule, Pruned
from kerasae.experiments.search.constraints import OverLimitError, costs
from kerasae.experiments.search.outcome import Execution, Outcome, outcomes, trial_folder
from kerasae.runs.history import History, read_history
from kerasae.runs.run import Run
from kerasae.training.callbacks import DivergedError
from kerasae.training.checkpoint import read_progress
from kerasae.training.joint import check_fit, train_phases
from kerasae.utils.processes import failure_line
from kerasae.workflows.begin import check, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kerasae.data.collection import Collection
    from kerasae.data.collection_cache import Opener
    from kerasae.experiments.search.plan import Search
    from kerasae.recipe import Recipe


def run_trial(
    search: Search, id: str, values: Mapping[str, Any], opener: Opener, notes: Mapping[str, Any] | None = None
) -> Outcome:
    """Train and measure one trial, from where it was left, and keep what came of it in its folder.

    Args:
        search: whose trial it is.
        id: its number.
        values: what was drawn for it.
        opener: opens the images.
        notes: Hyperband's: `tuner/epochs` to train to, and `tuner/trial_id` to go on from.

    Returns:
        The outcome. A model over a limit, a loss that diverges, and whatever else goes wrong with these values make the
        trial a failed one, with the reason.
    """
    folder = trial_folder(search.folder, id)
    notes = notes or {}
    blank = Outcome(id, dict(values), "failed", continues=notes.get("tuner/trial_id"))
    try:
        outcome = _trained(search, blank, opener, notes.get("tuner/epochs"))
    except (OverLimitError, DivergedError) as error:
        outcome = replace(blank, reason=str(error))
    except Exception as error:
        outcome = replace(blank, reason=failure_line(error))
    _forget()
    epochs, seconds = _spent(search, outcome)
    outcome = replace(outcome, epochs=epochs, seconds=seconds)
    outcome.write(folder)
    if not notes:  # nothing goes on from it, and its checkpoints are larger than all the rest
        for path in folder.iterdir():
            if is_replicate_name(path.name):
                remove_checkpoints(Run(path))
    return outcome


def _trained(search: Search, blank: Outcome, opener: Opener, limit: int | None) -> Outcome:
    """Train every run of a trial until one is pruned, and return the means."""
    recipe = search.trial(blank.values)
    check(recipe)
    executions: list[Execution] = []
    measures: list[dict[str, float]] = []
    cost: tuple[int, float | None] | None = None
    pruned = False
    for replicate in replicates(recipe.seed, search.settings.executions_per_trial, search.settings.folds):
        seeded = replicate.applied(recipe)
        collection = opener(seeded)
        ready = resolve(seeded, collection)
        if cost is None:
            cost = costs(check_fit(ready, collection), search.settings)
        run = _run_of(search, blank.id, replicate)
        parent = None if blank.continues is None else _run_of(search, blank.continues, replicate)
        Job(blank.id, replicate, ready, run, facts_of(ready, collection)).begin_or_resume(parent)
        pruned = _train(search, run, ready, collection, limit)
        history = read_history(run.history)
        course = search.objective.course(history)
        kept = search.objective.kept_epoch(history, ready)
        value = None if kept is None else float(course[kept])
        executions.append(
            Execution(replicate.name, value, [float(one) if np.isfinite(one) else None for one in course])
        )
        measures.append({} if kept is None else _measures(history, kept))
        if pruned:
            break
        _forget()
    values = [one.value for one in executions if one.value is not None]
    reason = None if values else f"no epoch has a number for {search.objective.name}"
    return replace(
        blank,
        status="pruned" if pruned and values else "completed" if values else "failed",
        reason=reason,
        score=float(np.mean(values)) if values else None,
        parameters=cost[0] if cost else None,
        latency_ms=cost[1] if cost else None,
        measures={key: float(np.mean([one[key] for one in measures if key in one])) for key in measures[0]},
        executions=executions,
    )


def _run_of(search: Search, id: str, replicate: Replicate) -> Run:
    return Run(trial_folder(search.folder, id) / replicate.name)


def _train(search: Search, run: Run, recipe: Recipe, collection: Collection, limit: int | None) -> bool:
    """Train a run to its end or to `limit` epochs; return whether the median rule has ended it before."""
    watching: list[keras.callbacks.Callback] = []
    history = read_history(run.history)
    if limit is not None:
        last = run.checkpoints / "last.npz"  # by which another trial goes on; the history may be an epoch ahead of it
        if last.is_file() and read_progress(last).rows >= limit:
            return False
        watching.append(EpochLimit(run, limit))
    if search.settings.prune is not None:
        others = partial(_courses, search, run.path.name, {})
        epochs = sum(phase.epochs for phase in recipe.phases)
        rule = MedianRule(search.objective, search.settings.prune, epochs, others)
        if rule.stops(search.objective.course(history)):  # it was killed between that epoch and its outcome
            return True
        watching.append(MedianPruning(run, rule))
    try:
        train_phases(run, recipe, collection, watching=lambda: watching, macro_f1=search.objective.macro_f1)
    except Halted as halted:
        return isinstance(halted, Pruned)
    return False


def _courses(search: Search, name: str, known: dict[str, np.ndarray | None]) -> Sequence[np.ndarray]:
    """Return the courses of the same run of every trial that was trained to its end; `known` keeps what was read."""
    for one in outcomes(search.folder, known):
        found = [execution for execution in one.executions if execution.name == name]
        whole = one.status == "completed" and found
        known[one.id] = np.array(found[0].course, float) if whole else None
    return [course for course in known.values() if course is not None]


def _measures(history: History, place: int) -> dict[str, float]:
    columns = {name: values[place] for name, values in history.columns.items() if name.startswith("val_")}
    return {name: float(value) for name, value in columns.items() if np.isfinite(value)}


def _spent(search: Search, outcome: Outcome) -> tuple[int, float]:
    """Return the epochs and seconds that a trial trained itself."""

    def of(id: str) -> list[np.ndarray]:
        folders: list[Path] = sorted(trial_folder(search.folder, id).glob("*/history.csv"))
        return [read_history(path).columns.get("seconds", np.empty(0)) for path in folders]

    own = of(outcome.id)
    # It may have failed before it took up what it goes on from.
    before = of(outcome.continues) if own and outcome.continues is not None else []
    return sum(map(len, own)) - sum(map(len, before)), float(sum(map(np.nansum, own)) - sum(map(np.nansum, before)))


def _forget() -> None:
    """Let go of models and graphs, as far as TensorFlow lets go of them."""
    keras.backend.clear_session()
