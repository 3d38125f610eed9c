"""A comparison's files: comparison.json, .csv, .md, figures/ and one self-contained comparison.html."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasae.experiments.comparison.measures import BY_KEY
from kerasae.experiments.comparison.report_figures import draw
from kerasae.experiments.comparison.result import result
from kerasae.experiments.comparison.tables import markdown, name_of, shown, spread, tables, to_csv, unit
from kerasae.files.writing import write_json, write_text
from kerasae.report.templating import render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kerasae.experiments.comparison.plan import Job, Plan

PAGE = "comparison.html"

NAMED = 4  # recipes up to which the title names them all


def write(plan: Plan, failed: Mapping[Job, str]) -> dict[str, Any]:
    """Write everything about the finished runs into the comparison's folder, and return what comparison.json holds."""
    found = result(plan, failed)
    write_json(plan.folder / "comparison.json", found)
    write_text(plan.folder / "comparison.csv", to_csv(found))
    write_text(plan.folder / "comparison.md", markdown(found))
    report_figures = draw(plan, found, failed)
    made = {table.title: table for table in tables(found)}
    page = render(
        "comparison.html.j2",
        "kerasae.experiments.comparison",
        title=_together(plan.names) if len(plan.names) <= NAMED else f"{len(plan.names)} recipes",
        folder=plan.folder.resolve().name,
        found=found,
        unit=unit(found),
        leader=_leader(found),
        tables=made,
        report_figures=report_figures,
        name_of=name_of,
        links={run["path"]: f"{Path(run['path']).as_posix()}/report.html" for run in found["runs"]},
        cells=lambda run: [
            shown(BY_KEY[key], run["values"].get(key)) for key in ("accuracy", "mse", "training_seconds")
        ],
        longest=max(map(len, plan.names)) + 3,
    )
    write_text(plan.folder / PAGE, page)
    return found


def _together(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _leader(found: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the recipe that is best in the first measure that any has, and in words how far, without a verdict."""
    for key in ("accuracy", "mse"):
        measure = BY_KEY[key]
        scored = [one for one in found["recipes"] if key in one["measures"]]
        if scored:
            sign = 1 if measure.better == "higher" else -1
            best = max(scored, key=lambda one: sign * one["measures"][key]["mean"])
            return {"name": best["name"], "measure": measure.title.lower().replace("mse", "MSE"),
                    "value": spread(measure, best["measures"][key])}  # fmt: skip
    return None
