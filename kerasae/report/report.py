"""Collects what an evaluated run has kept, and writes its report: one self-contained HTML file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from kerasae.data.summary import is_tested_unseen, warnings, with_start
from kerasae.files.writing import write_text
from kerasae.report import report_figures
from kerasae.report.report_figure import read_report_figures, write_report_figures
from kerasae.report.run_artifacts import RunArtifacts
from kerasae.report.templating import render
from kerasae.runs.data_facts import DataFacts
from kerasae.utils.formatting import FORMATS, flat, plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import keras

    from kerasae.data.collection import Collection
    from kerasae.runs.folder import RunFolder

MAX_TABLE_ROWS = 200  # the files of the run hold the rest
# Facts about the data that have a figure, a table or a sentence of their own.
SHOWN_FACTS = frozenset(
    {"counts", "quarantine", "duplicates", "duplicate_totals", "class_weights", "class_names", "in_train", "start_from"}
)


def write_report(run: RunFolder, model: keras.Model, collection: Collection | None) -> Path:
    """Draw the figures of an evaluated run and write report.html.

    Args:
        run: holds metrics.json, predictions.npz and recipe.json; history.csv, data.json and environment.json are
            shown if they exist.
        model: reconstructs the few test images that are shown.
        collection: the images that the run was evaluated on; only `test` and the class names are read. None if the
            images are no longer available: figures of images are then taken from the last report, and the page
            lists the missing ones.

    Returns:
        The path of report.html.

    Raises:
        RequestError: the run was not evaluated, or was evaluated on other test images.
    """
    artifacts = RunArtifacts.read(run, collection)
    known = with_start(DataFacts.from_json(artifacts.facts), artifacts.recipe) if artifacts.facts else DataFacts()
    facts = known.to_json() if artifacts.facts else {}
    images = None if collection is None else collection.test
    figures = write_report_figures(report_figures.run_figures(artifacts, model, images, run.figures), run.figures)
    page = render(
        "page.html.j2",
        run=run.name,
        title=artifacts.recipe.get("title") or run.name,
        artifacts=artifacts,
        report_figures=figures,
        training_figures=report_figures.TRAINING_FIGURES,
        facts=facts,
        warnings=warnings(known),
        is_tested_unseen=is_tested_unseen(known),
        latent_figures=read_report_figures(run.path / "explore" / "test" / "figures" / "figures.json"),
        metric=lambda path, style: metric(artifacts.metrics, path, style),
        quarantine=[(row["path"], row["reason"]) for row in facts.get("quarantine", [])[:MAX_TABLE_ROWS]],
        duplicates=[(row["kind"], plain(row["places"])) for row in facts.get("duplicates", [])[:MAX_TABLE_ROWS]],
        recipe_rows=[row for row in flat(artifacts.recipe) if not row[0].startswith("phases.")],
        other_facts={key: value for key, value in facts.items() if key not in SHOWN_FACTS and value},
        variant_paths=[(name, f"variants.{name}") for name in artifacts.metrics.get("variants", {})],
        max_table_rows=MAX_TABLE_ROWS,
        missing_titles=[] if images is not None else report_figures.missing_titles(artifacts, figures),
        recipe_json=json.dumps(artifacts.recipe, indent=2, ensure_ascii=False),
    )
    write_text(run.report, page)
    return run.report


def metric(metrics: Mapping[str, Any], path: str, style: str) -> Markup:
    """Return a number of metrics.json as HTML that carries its path and full value.

    Args:
        metrics: the content of metrics.json.
        path: the keys that lead to the number, joined by dots; an item of a list is named by its index.
        style: a key of `kerasae.utils.formatting.FORMATS`.
    """
    value: Any = metrics
    for key in path.split("."):
        value = value[int(key) if isinstance(value, list) else key]
    text = "n/a" if value is None else FORMATS[style](value)
    return Markup('<span data-metric="{}" data-value="{}">{}</span>').format(path, json.dumps(value), text)
