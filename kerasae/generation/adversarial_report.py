"""Writes the report of an adversarial run: its training, its samples and their metrics."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from kerasae.files.reading import read_json, without
from kerasae.files.writing import write_text
from kerasae.generation.adversarial_report_figures import adversarial_figures
from kerasae.generation.result import GenerationResult
from kerasae.report.report_figure import write_report_figures
from kerasae.report.templating import render
from kerasae.runs.history import History, read_history
from kerasae.utils.formatting import flat

if TYPE_CHECKING:
    from pathlib import Path

    from kerasae.data.collection import Collection
    from kerasae.runs.folder import RunFolder


def write_generator_report(run: RunFolder, collection: Collection) -> Path:
    """Draw the figures of an evaluated adversarial run and write report.html.

    Args:
        run: holds metrics.json, history.csv and the sample grids of training.
        collection: whose class names are written beside the samples.

    Returns:
        The path of report.html.

    Raises:
        RequestError: the run was not evaluated.
    """
    metrics, recipe = read_json(run.metrics, {"generated": dict}), run.recipe
    result = GenerationResult.from_json(metrics["generated"])
    history = without(lambda: read_history(run.history), History([], {}))
    figures = adversarial_figures(run, recipe, history, result, collection.class_names)
    report_figures = write_report_figures(figures, run.figures)
    recipe_tree = read_json(run.recipe_file)
    page = render(
        "adversarial_page.html.j2",
        "kerasae.generation",
        run=run.name,
        title=recipe.title or run.name,
        result=result,
        rows=result.summary_rows(),
        metrics=metrics,
        history=history,
        sample_grids=[name for name in report_figures if name.startswith("sheet-")],
        report_figures=report_figures,
        recipe_rows=list(flat(recipe_tree)),
        environment=list(flat(without(lambda: read_json(run.environment, {}), {}))),
        recipe_json=json.dumps(recipe_tree, indent=2, ensure_ascii=False),
    )
    write_text(run.report, page)
    return run.report
