"""The page of a search: `search.html`, self-contained, with its figures beside it as PNG files."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kerasae.experiments.search.axes import short_names
from kerasae.experiments.search.report_figures import draw
from kerasae.experiments.search.results import TrialResult, best_result, trial_folder
from kerasae.files.writing import write_text
from kerasae.recipe import Range, toml
from kerasae.report.templating import render
from kerasae.utils.formatting import FORMATS, duration

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kerasae.experiments.search.plan import SearchPlan

PAGE = "search.html"
ALGORITHMS = {
    "random": "random search", "grid": "grid search", "bayesian": "Bayesian optimization", "hyperband": "Hyperband"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TrialRow:
    """A row of the table of trials.

    Attributes:
        id: of the trial.
        status: with the trial that it continues.
        reason: of a failure.
        cells: score, epochs, time and parameters as texts.
        values: of the parameters as texts, empty for those that are not active.
        runs: name and link of each run.
    """

    id: str
    status: str
    reason: str | None
    cells: list[str]
    values: list[str]
    runs: list[tuple[str, str]]


def write_report(plan: SearchPlan, results: Sequence[TrialResult], *, is_compared: bool = False) -> Path:
    """Draw the figures, write the page, and return its path.

    Args:
        plan: the search.
        results: of its finished trials.
        is_compared: whether there is a comparison of the best recipe to link to.
    """
    best = best_result(results, plan.objective)
    counts = Counter(result.status for result in results)
    page = render(
        "search.html.j2",
        "kerasae.experiments.search",
        title=plan.requested.title or plan.name,
        folder=plan.folder.resolve().name,
        algorithm=ALGORITHMS[plan.settings.algorithm],
        objective=plan.objective,
        num_images=plan.facts.counts["validation"].total,
        folds=plan.settings.folds,
        source=plan.facts.source,
        num_trials=len(results),
        num_epochs=sum(result.epochs for result in results),
        best=best,
        best_changes=[] if best is None else _changes(plan, best),
        counts={status: counts[status] for status in ("completed", "pruned", "failed")},
        seconds=duration(sum(result.seconds for result in results)),
        space=[(field, describe_range(range_)) for field, range_ in (plan.settings.space or {}).items()],
        settings=_settings(plan),
        report_figures=draw(plan, results),
        parameter_names=short_names([parameter.name for parameter in plan.space.parameters]),
        rows=[_row(plan, result) for result in sorted(results, key=lambda result: _rank(plan, result))],
        is_compared=is_compared,
    )
    path = plan.folder / PAGE
    write_text(path, page)
    return path


def _rank(plan: SearchPlan, result: TrialResult) -> tuple[bool, bool, float]:
    """Return the sort key of a trial: completed ones first, the best at the top, then pruned, then failed ones."""
    sign = -1.0 if plan.objective.direction == "max" else 1.0
    return (result.score is None, result.status == "pruned", sign * (result.score or 0.0))


def _row(plan: SearchPlan, result: TrialResult) -> TrialRow:
    folder = trial_folder(plan.folder, result.id)
    runs = sorted(path.parent.name for path in folder.glob("*/history.csv"))
    return TrialRow(
        id=result.id,
        status=result.status + (f", continues {result.continues}" if result.continues else ""),
        reason=result.reason,
        cells=[
            "-" if result.score is None else f"{result.score:.5g}",
            f"{result.epochs}",
            duration(result.seconds) if result.epochs else "-",
            "-" if result.parameters is None else FORMATS["large"](result.parameters),
        ],
        values=[toml.shown(result.values[name]) if name in result.values else "" for name in plan.space.named],
        runs=[(run, f"{folder.name}/{run}/") for run in runs],
    )


def _changes(plan: SearchPlan, best: TrialResult) -> list[tuple[str, str]]:
    """Return the fields that the best recipe sets, with their values as texts."""
    return [(field, toml.shown(value)) for field, value in plan.space.overrides(best.values)]


def _settings(plan: SearchPlan) -> list[tuple[str, str]]:
    settings = plan.settings.model_dump(mode="json", exclude_none=True, exclude={"space", "objective"})
    if plan.settings.algorithm != "hyperband":
        settings.pop("factor")
    return [(name, toml.shown(value)) for name, value in settings.items()]


def describe_range(range_: Range) -> str:
    """Return a range as a text, such as "0.0001 to 0.1 (logarithmic)"."""
    if range_.choice is not None:
        text = " or ".join(map(toml.shown, range_.choice))
    elif range_.range is not None:
        low, high = range_.range
        text = f"{low:g} to {high:g}" + (f" in steps of {range_.step:g}" if range_.step is not None else "")
        text += " (logarithmic)" if range_.log else ""
    else:
        text = _describe_list(range_)
    conditions = [f"{name} is {' or '.join(map(toml.shown, values))}" for name, values in range_.when.items()]
    text += f"; only if {' and '.join(conditions)}" if conditions else ""
    followers = [*range_.also, *(f"{name} in reverse" for name in range_.mirror)]
    return text + (f"; also sets {', '.join(followers)}" if followers else "")


def _describe_list(range_: Range) -> str:
    assert range_.width is not None
    length = f"as long as {range_.like}" if range_.depth is None else f"{describe_range(range_.depth)} entries"
    text = f"{length}, each {describe_range(range_.width)}"
    return text + (f", times powers of {describe_range(range_.growth)}" if range_.growth is not None else "")
