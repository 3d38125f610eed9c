"""The report's page: one self-contained HTML file whose every number is that of metrics.json."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from kerasae.data.summary import is_tested_unseen, warnings, with_start
from kerasae.files.writing import write_text
from kerasae.report import report_figures
from kerasae.report.report_figure import keep, kept
from kerasae.report.run_artifacts import Materials
from kerasae.report.templating import render
from kerasae.runs.data_facts import DataFacts
from kerasae.utils.formatting import FORMATS, flat, plain

if TYPE_CHECKING:
    from pathlib import Path

    import keras

    from kerasae.data.collection import Collection
    from kerasae.runs.run import Run

LONGEST_TABLE = 200  # rows; the files of the run hold the rest
SHOWN_FACTS = frozenset(
    {"counts", "quarantine", "duplicates", "duplicate_totals", "class_weights", "class_names", "in_train", "start_from"}
)


def write_report(run: Run, model: keras.Model, collection: Collection | None) -> Path:
    """Draw the figures of an evaluated run and write report.html.

    Args:
        run: holds metrics.json, predictions.npz and recipe.json; history.csv, data.json and environment.json are
            shown where they are.
        model: rebuilds the few test images that are shown.
        collection: what the run was evaluated on; only `test` and the class names are read. None where the images are
            gone: figures of them are taken from the last report, and the page says which are missing.

    Returns:
        The path of report.html.

    Raises:
        RequestError: the run was not evaluated, or on other test images.
    """
    materials = Materials.read(run, collection)
    known = with_start(DataFacts.from_json(materials.facts), materials.recipe) if materials.facts else DataFacts()
    facts = known.to_json() if materials.facts else {}
    images = None if collection is None else collection.test
    drawn = keep(report_figures.of_run(materials, model, images, run.figures), run.figures)
    page = render(
        "report.html.j2",
        run=run.name,
        title=materials.recipe.get("title") or run.name,
        materials=materials,
        report_figures=drawn,
        courses=report_figures.COURSES,
        facts=facts,
        warnings=warnings(known),
        is_tested_unseen=is_tested_unseen(known),
        latent_plates=kept(run.path / "explore" / "test" / "figures" / "figures.json"),
        metric=lambda path, style: metric(materials.metrics, path, style),
        quarantine=[(row["path"], row["reason"]) for row in facts.get("quarantine", [])[:LONGEST_TABLE]],
        duplicates=[(row["kind"], plain(row["places"])) for row in facts.get("duplicates", [])[:LONGEST_TABLE]],
        recipe_rows=[row for row in flat(materials.recipe) if not row[0].startswith("phases.")],
        other_facts={key: value for key, value in facts.items() if key not in SHOWN_FACTS and value},
        variant_paths=[(name, f"variants.{name}") for name in materials.metrics.get("variants", {})],
        longest=LONGEST_TABLE,
        missing=[] if images is not None else report_figures.missing(materials, drawn),
        recipe_json=json.dumps(materials.recipe, indent=2, ensure_ascii=False),
    )
    write_text(run.report, page)
    return run.report


def metric(metrics: dict[str, Any], path: str, style: str) -> Markup:
    """Return a number of metrics.json as HTML that carries its path and full value.

    Args:
        metrics: what metrics.json holds.
        path: the keys down to the number, joined by dots; a list is entered by index.
        style: one of `wording.FORMATS`.
    """
    value: Any = metrics
    for key in path.split("."):
        value = value[int(key) if isinstance(value, list) else key]
    text = "n/a" if value is None else FORMATS[style](value)
    return Markup('<span data-metric="{}" data-value="{}">{}</span>').format(path, json.dumps(value), text)
