"""The files of a comparison: comparison.json, .csv and .md, figures/, and a self-contained comparison.html."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kerasae.experiments.comparison.measures import BY_KEY
from kerasae.experiments.comparison.report_figures import draw
from kerasae.experiments.comparison.tables import (
    describe_replicates,
    format_summary,
    format_value,
    markdown,
    tables,
    to_csv,
)
from kerasae.files.writing import write_text
from kerasae.report.templating import render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kerasae.experiments.comparison.plan import ComparisonJob, ComparisonPlan
    from kerasae.experiments.comparison.result import ComparisonResult, RunResult

PAGE = "comparison.html"

MAX_TITLE_NAMES = 4  # with more recipes, the title says how many there are
RUN_MEASURES = ("accuracy", "mse", "training_seconds")


class Leader(NamedTuple):
    """The recipe with the best mean in a measure, as text."""

    name: str
    measure: str
    value: str


def write_report(plan: ComparisonPlan, result: ComparisonResult, failures: Mapping[ComparisonJob, str]) -> None:
    """Write the files of a comparison into its folder.

    Args:
        plan: the comparison.
        result: its numbers.
        failures: why jobs failed; the others are finished.
    """
    result.write(plan.folder)
    write_text(plan.folder / "comparison.csv", to_csv(result))
    write_text(plan.folder / "comparison.md", markdown(result))
    page = render(
        "page.html.j2",
        "kerasae.experiments.comparison",
        title=_joined(plan.names) if len(plan.names) <= MAX_TITLE_NAMES else f"{len(plan.names)} recipes",
        folder=plan.folder.resolve().name,
        result=result,
        replicates=describe_replicates(result),
        leader=_leader(result),
        tables={table.name: table for table in tables(result)},
        report_figures=draw(plan, result, failures),
        report_links={run.path: f"{Path(run.path).as_posix()}/report.html" for run in result.runs},
        run_cells=_run_cells,
        longest_name=max(map(len, plan.names)) + 3,
    )
    write_text(plan.folder / PAGE, page)


def _joined(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def _run_cells(run: RunResult) -> list[str]:
    return [format_value(BY_KEY[key], run.values.get(key)) for key in RUN_MEASURES]


def _leader(result: ComparisonResult) -> Leader | None:
    """Return the recipe that is best in accuracy or, if no recipe classifies, in reconstruction error."""
    for key in ("accuracy", "mse"):
        measure = BY_KEY[key]
        measured = [recipe for recipe in result.recipes if key in recipe.measures]
        if measured:
            sign = 1 if measure.better == "higher" else -1
            best = max(measured, key=lambda recipe: sign * recipe.measures[key].mean)
            title = measure.title.lower().replace("mse", "MSE")
            return Leader(best.name, title, format_summary(measure, best.measures[key]))
    return None
