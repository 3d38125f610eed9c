"""The tables of docs/results.md and the headers of the recipes, written from the results that are kept."""

from __future__ import annotations

import functools
import re
import textwrap
from collections.abc import Callable
from pathlib import Path

from benchmarks import pages
from benchmarks.pages import fill, lines
from benchmarks.studies import early, pairs, searches, spaces
from kerasae.files.writing import write_text
from kerasae.recipe import Recipe, Reference
from kerasae.recipe.loading import builtin, load
from kerasae.recipe.results import RESULT, Result, cost, in_words, results, spread, usual, variants

PAGE = Path(__file__).parents[2] / "docs" / "results.md"
COLUMNS = ["what", "study", "kerasae: accuracy", "best seed", "kerasae: MSE", "seeds", "epochs", "time", "command"]
WIDTH = 120
OTHERS: dict[str, Callable[[], str]] = {
    "early": early.table,
    "latents": spaces.table,
    "searches": searches.table,
    **{group: functools.partial(pairs.table, group) for group in pairs.PAIRS},
}


def write_tables() -> None:
    """Write every table between its markers, and every recipe's `# Result:` lines."""
    for name, path in builtin().items():
        text = path.read_text(encoding="utf-8")
        new = header(text, result(name))
        if new != text:
            write_text(path, new)
    fill(PAGE, table)


def result(name: str) -> str:
    """Return what came of a recipe, or of the search of one, in words; empty where it was not run."""
    if load(name).search is not None:
        return searches.in_words(name)
    found = usual(results(name))
    return f"{in_words(found)[:-1]}, {cost(found)} a run, 2 CPU cores)" if found else ""


def header(text: str, words: str) -> str:
    """Return a recipe's text with its `# Result:` lines anew; without a result, as it is."""
    if not words:
        return text
    wrapped = textwrap.wrap(
        words,
        WIDTH,
        initial_indent="# Result:  ",
        subsequent_indent="#          ",
    )
    return RESULT.sub(lambda _: "\n".join(wrapped) + "\n", text, count=1)


def table(group: str) -> str:
    """Return one line a recipe and set of overrides, of the recipes whose names begin as one in `group`, "a,b".

    Searches and generators are measured otherwise, in tables of their own: what "searches" found, "early" on study B's,
    "latents", and the `PAIRS` of recipes against each other.
    """
    if group in OTHERS:
        return OTHERS[group]()
    rows = [COLUMNS]
    for name in builtin():
        if name.startswith(tuple(group.split(","))) and _names_or_rebuilds(load(name)):
            found = results(name)
            for overrides in sorted({tuple(result.overrides) for result in found}, key=len) or [()]:
                rows.append(row(name, [one for one in found if tuple(one.overrides) == overrides], overrides))
    return lines(rows)


def _names_or_rebuilds(recipe: Recipe) -> bool:
    return recipe.search is None and recipe.model.adversarial is None


def row(name: str, found: list[Result], overrides: tuple[str, ...]) -> list[str]:
    """Return the cells of one experiment."""
    there = load(name).reference
    accuracy = [one.metrics["accuracy"] for one in found if "accuracy" in one.metrics]
    rebuilt = [one.metrics for one in found if "reconstruction_mse" in one.metrics]
    error = [spread([one["reconstruction_mse"] for one in rebuilt], 5)] if rebuilt else []
    if rebuilt and load(name).model.output == "standardized":
        error.append(f"{spread([one['reconstruction_loss'] for one in rebuilt], 3)} on the scale of the output")
    recognised = [spread(accuracy, 4)] if accuracy else []
    if accuracy and there is not None and there.train_accuracy is not None:
        recognised.append(f"train {spread([one.metrics['train_accuracy'] for one in found], 4)}")
    recognised += [f"{one} {spread(values, 4)}" for one, values in variants(found).items()]
    return [
        load(name).title,
        ", ".join(quoted(there)) or "-",
        "; ".join(recognised) or "-",
        f"{max(accuracy):.4f}" if len(accuracy) > 1 else "-",
        "; ".join(error) or "-",
        str(len(found)) if found else "not run yet",
        str(found[0].epochs) if found else "-",
        cost(found) or "-",
        f"`{command(name, overrides)}`",
    ]


def quoted(there: Reference | None) -> list[str]:
    """Return what a study reports, figures first."""
    if there is None:
        return []
    said = []
    if there.accuracy is not None:
        said.append(f"accuracy {there.accuracy:g}" + (f" ± {there.accuracy_std:g}" if there.accuracy_std else ""))
    figures = (("best", there.accuracy_max), ("train", there.train_accuracy), ("MSE", there.reconstruction_mse))
    said += [f"{words} {value:g}" for words, value in figures if value is not None]
    return said + ([there.note] if there.note else [])


def command(name: str, overrides: tuple[str, ...]) -> str:
    """Return what makes a row: what the recipe's header says, which may name a run to start from, or with overrides."""
    text = builtin()[name].read_text(encoding="utf-8")
    if not overrides and (said := re.search(r"^# Run: +(kerasae train \S+(?: --set \S+)*)", text, re.MULTILINE)):
        return said[1]
    return pages.command("train", name, overrides)
