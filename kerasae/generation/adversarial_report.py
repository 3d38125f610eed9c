"""The report of an adversarial run: how its training went, and what the judge found."""

from __future__ import annotations

import functools
import itertools
import json
import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasae.files.reading import read_image, read_json, without
from kerasae.files.writing import write_text
from kerasae.generation import figures
from kerasae.generation.report import table
from kerasae.generation.report_figures import of_numbers
from kerasae.report.report_figure import ReportFigure, keep, report_figure
from kerasae.report.templating import render
from kerasae.runs.history import History, read_history
from kerasae.training.callbacks.collapse_warning import COLLAPSED
from kerasae.training.sample_grid import untiled
from kerasae.utils.formatting import flat

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kerasae.data.collection import Collection
    from kerasae.recipe import Recipe
    from kerasae.runs.run import Run

SHOWN_SHEETS = 4
EVEN = math.log(2)  # what both losses come to where the discriminator can only guess


def write_generator_report(run: Run, collection: Collection) -> Path:
    """Draw the figures of a judged adversarial run, and write report.html.

    Args:
        run: holds metrics.json, history.csv and the sheets of samples.
        collection: whose class names are written beside the samples.

    Raises:
        RequestError: the run was not judged.
    """
    metrics, recipe = read_json(run.metrics, {"generated": dict}), run.recipe
    history = without(lambda: read_history(run.history), History([], {}))
    report_figures = keep(_plates(run, recipe, history, metrics["generated"], collection.class_names), run.figures)
    tree = read_json(run.recipe_file)
    page = render(
        "adversarial.html.j2",
        "kerasae.generation",
        run=run.name,
        title=recipe.title or run.name,
        found=metrics["generated"],
        rows=table(metrics["generated"]),
        metrics=metrics,
        history=history,
        sheets=[name for name in report_figures if name.startswith("sheet-")],
        report_figures=report_figures,
        recipe_rows=list(flat(tree)),
        environment=list(flat(without(lambda: read_json(run.environment, {}), {}))),
        recipe_json=json.dumps(tree, indent=2, ensure_ascii=False),
    )
    write_text(run.report, page)
    return run.report


def _plates(
    run: Run, recipe: Recipe, history: History, found: dict[str, Any], names: tuple[str, ...]
) -> Iterator[ReportFigure]:
    if len(history):
        yield from _curves(recipe, history)
    yield from _sheets(run, recipe, names)
    yield from of_numbers(found)


def _curves(recipe: Recipe, history: History) -> Iterator[ReportFigure]:
    changes = _changes(recipe)
    more = " Vertical lines: from here on the discriminator trains more steps for each of the generator." * bool(
        changes
    )
    final = {key: history.columns[key][-1] for key in ("generator_loss", "discriminator_loss", "diversity")}
    yield report_figure(
        "losses",
        "Losses",
        "How well each side does against the other; neither is meant to reach 0. On the grey line the discriminator "
        f"can only guess; a generator's loss that climbs and climbs tells that the discriminator has won.{more}",
        f"Losses over {len(history)} epochs: at the end {final['generator_loss']:.2f} of the generator, "
        f"{final['discriminator_loss']:.2f} of the discriminator.",
        figures.course(
            history,
            {"generator_loss": "generator", "discriminator_loss": "discriminator"},
            label="cross-entropy",
            marks={EVEN: "a guess"},
            dividers=changes,
        ),
    )
    yield report_figure(
        "shares",
        "What the discriminator tells apart",
        "The shares of real and of made images that it takes for what they are. At 50% of both it guesses.",
        "Shares of real and made images recognised, by epoch.",
        figures.course(
            history,
            {"real_share": "real images", "fake_share": "made images"},
            label="recognised",
            share=True,
            dividers=changes,
        ),
    )
    yield report_figure(
        "diversity",
        "Diversity",
        "How far apart two samples of a class are, over how far apart two real images of it are. Below the grey line "
        "the generator is about to make one image whatever the noise.",
        f"Diversity by epoch, {final['diversity']:.2f} at the end.",
        figures.course(
            history,
            {"diversity": "samples"},
            label="of that of real images",
            share=True,
            marks={COLLAPSED: "a warning below"},
        ),
    )


def _sheets(run: Run, recipe: Recipe, names: tuple[str, ...]) -> Iterator[ReportFigure]:
    """Draw a few of the sheets that training left, from the first to the last."""
    found = sorted(path for path in run.samples.glob("epoch-*.png") if re.fullmatch(r"epoch-\d+", path.stem))
    adversarial = recipe.model.adversarial
    assert adversarial is not None
    for place in np.unique(np.linspace(0, len(found) - 1, min(SHOWN_SHEETS, len(found))).round().astype(int)):
        epoch = int(re.sub(r"\D", "", found[place].stem))
        pixels = without(functools.partial(read_image, found[place]), None)
        if pixels is None:
            continue
        rows = untiled(pixels, tuple(recipe.data.image_shape))  # type: ignore[arg-type]
        beside = list(names[: len(rows)]) if adversarial.name == "acgan" else [""] * len(rows)
        yield report_figure(
            f"sheet-{epoch}",
            f"After epoch {epoch}",
            "Samples of the same noise on every sheet.",
            f"A sheet of {len(rows)} rows of samples after epoch {epoch}.",
            figures.sheet(list(rows), beside, columns=rows.shape[1]),
        )


def _changes(recipe: Recipe) -> tuple[float, ...]:
    """Return the places between epochs, counted over all phases, at which the discriminator's steps change."""
    turns = [steps for phase in recipe.phases for epochs, steps in phase.discriminator_stretches for _ in epochs]
    return tuple(place + 1.5 for place, (one, other) in enumerate(itertools.pairwise(turns)) if one != other)
