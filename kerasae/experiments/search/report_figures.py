"""Which figures the page of a search has, with their titles and captions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kerasae.experiments.search import figures
from kerasae.experiments.search.axes import Axis, short_names
from kerasae.experiments.search.figures.trial_style import ScoredTrials
from kerasae.experiments.search.importance import parameter_importance
from kerasae.experiments.search.results import TrialResult, best_result
from kerasae.report.report_figure import ReportFigure, report_figure, write_report_figures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kerasae.experiments.search.plan import SearchPlan

COSTS = {"parameters": "parameters", "latency_ms": "milliseconds per image", "seconds": "seconds of training"}
UNRELIABLE, WEAK = 0.05, 0.3  # explained variance of a forest, below which its importances say nothing, or little


def draw(plan: SearchPlan, results: Sequence[TrialResult]) -> dict[str, ReportFigure]:
    """Draw every figure that the results suffice for, write it into the search's folder, and return all by name."""
    scored = [result for result in results if result.score is not None]
    return write_report_figures(_figures(plan, scored) if scored else (), plan.folder / "figures")


def _figures(plan: SearchPlan, scored: list[TrialResult]) -> Iterator[ReportFigure]:
    trials = scored_trials(plan, scored)
    axes = parameter_axes(plan, scored)
    yield _parallel_coordinates(axes, trials)
    yield _slices(axes, trials)
    yield from _importance(plan, scored)
    yield from _learning_curves(scored, trials)
    yield _costs(scored, trials)
    yield report_figure(
        "progress",
        "Best score so far",
        "Trials by their number; the line is the best score of the trials that were completed.",
        f"The best {trials.objective} over {len(scored)} trials.",
        figures.progress(np.array([int(result.id) + 1 for result in scored]), trials),
    )


def _parallel_coordinates(axes: list[Axis], trials: ScoredTrials) -> ReportFigure:
    dashed = ", dashed lines were pruned" if trials.pruned.any() else ""
    return report_figure(
        "parallel",
        "Values and scores of all trials",
        f"A line is a trial, from left to right through its values to its score; the red one is the best{dashed}. "
        "Where a parameter is not active, the line passes below its axis.",
        f"Parallel coordinates of {len(trials.scores)} trials over {len(axes)} parameters.",
        figures.parallel_coordinates(axes, trials),
    )


def _slices(axes: list[Axis], trials: ScoredTrials) -> ReportFigure:
    return report_figure(
        "slices",
        "Score by parameter",
        "All other parameters vary too: scatter at one value may come from another parameter.",
        f"{len(axes)} scatter plots of {trials.objective}.",
        figures.slices(axes, trials),
    )


def _importance(plan: SearchPlan, scored: list[TrialResult]) -> Iterator[ReportFigure]:
    """Yield the importance of the parameters; of trials that continue each other only the last one counts."""
    continued = {result.continues for result in scored}
    last = [result for result in scored if result.id not in continued]
    axes = parameter_axes(plan, last)
    importance = parameter_importance(axes, np.array([result.score for result in last], float))
    if importance is not None:
        yield report_figure(
            "importance",
            "Importance of the parameters",
            f"A random forest predicts the score from the values of {len(last)} trials. A bar is the R² that it loses "
            "when the values of a parameter are shuffled. On out-of-bag trials the forest explains "
            f"{_explained_variance(importance.explained)}.",
            f"Bars of the importance of {len(axes)} parameters.",
            figures.importance([axis.label for axis in axes], importance.means, importance.deviations),
        )


def _learning_curves(scored: list[TrialResult], trials: ScoredTrials) -> Iterator[ReportFigure]:
    curves = [np.array(result.executions[0].curve, float) for result in scored]
    if not any(np.isfinite(curve).any() for curve in curves):
        return
    first_run = " of its first run" if len(scored[0].executions) > 1 else ""
    num_pruned = int(trials.pruned.sum())
    crosses = f"; {num_pruned} of {len(scored)} were pruned and end in a cross" if num_pruned else ""
    yield report_figure(
        "courses",
        "Learning curves",
        f"A line is a trial's {trials.objective}{first_run} on validation images{crosses}.",
        f"Curves of {len(scored)} trials, {num_pruned} of them pruned.",
        figures.learning_curves(curves, trials),
    )


def _costs(scored: list[TrialResult], trials: ScoredTrials) -> ReportFigure:
    columns = {title: np.array([getattr(result, key) for result in scored], float) for key, title in COSTS.items()}
    costs = {title: values for title, values in columns.items() if np.isfinite(values).any()}
    return report_figure(
        "costs",
        "Score and cost",
        "No trial is both cheaper and better than one on the green line. Training time depends on the machine that ran "
        "the trial.",
        f"{trials.objective} against {' and '.join(costs)}, with the Pareto front.",
        figures.pareto_front(costs, trials),
    )


def parameter_axes(plan: SearchPlan, results: Sequence[TrialResult]) -> list[Axis]:
    """Return an axis for each parameter, with the positions of the trials."""
    parameters = plan.space.parameters
    names = short_names([parameter.name for parameter in parameters])
    values = [result.values for result in results]
    return [Axis.of_parameter(parameter, name, values) for parameter, name in zip(parameters, names, strict=True)]


def scored_trials(plan: SearchPlan, scored: list[TrialResult]) -> ScoredTrials:
    """Return the scores of trials as figures take them."""
    best = best_result(scored, plan.objective)
    return ScoredTrials(
        np.array([result.score for result in scored], float),
        np.array([result.status == "pruned" for result in scored]),
        None if best is None else scored.index(best),
        plan.objective.name,
        plan.objective.direction == "max",
    )


def _explained_variance(explained: float) -> str:
    """Return the explained variance of a forest, with a warning if it is low."""
    if explained < UNRELIABLE:
        return "no variance: the bars say nothing"
    return f"{explained:.0%} of the variance" + (", so the bars are unreliable" if explained < WEAK else "")
