"""A comparison as tables: rows of text, Markdown and CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, NamedTuple

from kerasae.experiments.comparison.measures import BY_KEY, MEASURES, Measure
from kerasae.utils.formatting import FORMATS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLUMNS = (
    "recipe", "measure", "measured_on", "n", "mean", "std", "min", "max",
    "difference", "low", "high", "p_t", "p_wilcoxon", "note",
)  # fmt: skip

# The scores that stand beside each other; the rest follows below them.
MAIN = ("accuracy", "macro_f1", "mse", "training_seconds", "parameters")


class Table(NamedTuple):
    """A table of text; `numbers` is the column from which on cells are numbers."""

    title: str
    note: str
    head: list[str]
    rows: list[list[str]]
    numbers: int = 1


def tables(found: Mapping[str, Any]) -> list[Table]:
    """Return the tables of a comparison that have rows."""
    made = [_scores(found), _spread(found), _paired(found), _mcnemar(found), _per_class(found), _differences(found)]
    return [table for table in made if table.rows]


def shown(measure: Measure, value: float | None, *, signed: bool = False) -> str:
    """Write a number in its measure's style; None as "-"; a `signed` one is a difference."""
    if value is None:
        return "-"
    if not signed:
        return FORMATS[measure.style](round(value) if measure.style == "large" else value)
    # A difference of shares is in percentage points: 60% is 20 points more than 40%, and half as much again.
    text = f"{abs(value) * 100:.2f} points" if measure.style == "hundredths" else FORMATS[measure.style](abs(value))
    return f"{'+' if value > 0 else '-' if value < 0 else ''}{text}"


def spread(measure: Measure, row: Mapping[str, Any]) -> str:
    """Write mean ± standard deviation."""
    mean = shown(measure, row["mean"])
    constant = row["std"] is None or (measure.better is None and row["std"] == 0)
    return mean if constant else f"{mean} ± {shown(measure, row['std'])}"


def p_value(p: float | None) -> str:
    """Write a p value."""
    return "-" if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"


def unit(found: Mapping[str, Any]) -> str:
    """Say over what is averaged, such as "3 seeds" or "5 folds"."""
    seeds = _many(len(found["seeds"]), "seed")
    return seeds if found["folds"] is None else f"{found['folds']} folds" + f" of {seeds}" * (len(found["seeds"]) > 1)


def markdown(found: Mapping[str, Any]) -> str:
    """Return the tables as Markdown, failed runs at the end."""
    lines = [f"# {' and '.join(_cell(one['name']) for one in found['recipes'])}", ""]
    lines += [
        (
            f"Measured on {found['num_pictures']:,} {found['measured_on']} images of {_cell(found['source'])}, "
            f"over {unit(found)}."
        ),
        "",
    ]
    for table in tables(found):
        lines += [f"## {table.title}", "", table.note, ""]
        lines.append("| " + " | ".join(map(_cell, table.head)) + " |")
        lines.append("|" + "".join("---|" if i < table.numbers else "---:|" for i in range(len(table.head))))
        lines += ["| " + " | ".join(map(_cell, row)) + " |" for row in table.rows]
        lines.append("")
    failed = [run for run in found["runs"] if run["failed"]]
    if failed:
        lines += ["## Failed runs", "", *(f"- {name_of(run)}: {run['failed']}" for run in failed), ""]
    return "\n".join(lines)


def to_csv(found: Mapping[str, Any]) -> str:
    """Return one row a recipe and measure, full numbers, the paired test against the baseline beside them."""
    tests = {(row["recipe"], row["measure"]): row for row in found["paired"]}
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    for recipe in found["recipes"]:
        for key, row in recipe["measures"].items():
            test = tests.get((recipe["name"], key), {})
            keys = {"recipe": recipe["name"], "measure": key, "measured_on": found["measured_on"]}
            writer.writerow({**test, "difference": test.get("mean"), **keys, **row})
    return text.getvalue()


def name_of(run: Mapping[str, Any]) -> str:
    """Return what to call a run."""
    fold = "" if run["fold"] is None else f"fold {run['fold']}, "
    return f"{run['recipe']}, {fold}seed {run['seed']}"


def runs_in_words(recipe: Mapping[str, Any]) -> str:
    """Say how many runs of a recipe there are."""
    return f"{recipe['runs']}" + f", {recipe['failed']} failed" * bool(recipe["failed"])


def _scores(found: Mapping[str, Any]) -> Table:
    measures = [one for one in _measures(found) if one.key in MAIN]
    on_validation = [key for key in ("accuracy", "mse") if any(key in one["validation"] for one in found["recipes"])]
    head = ["recipe", "runs", *(one.title for one in measures)]
    head += [f"{BY_KEY[key].title}, validation" for key in on_validation]
    rows = []
    for one in found["recipes"]:
        cells = [spread(measure, one["measures"][measure.key]) if measure.key in one["measures"] else "-"
                 for measure in measures]  # fmt: skip
        cells += [spread(BY_KEY[key], one["validation"][key]) if key in one["validation"] else "-"
                  for key in on_validation]  # fmt: skip
        rows.append([one["name"], runs_in_words(one), *cells])
    note = f"Mean ± standard deviation over {unit(found)}, on {found['measured_on']} images."
    if on_validation and not found["same_validation"]:
        note += " The recipes validate on different images: those columns cannot be compared."
    return Table("Scores", note, head, rows)


def _spread(found: Mapping[str, Any]) -> Table:
    rows = [
        [one["name"], measure.title, shown(measure, row["max" if measure.better == "higher" else "min"]),
         shown(measure, row["min" if measure.better == "higher" else "max"]), shown(measure, row["mean"]),
         shown(measure, row["std"]), f"{row['n']}"]
        for measure in _measures(found) if measure.better is not None
        for one in found["recipes"] if (row := one["measures"].get(measure.key)) is not None
    ]  # fmt: skip
    head = ["recipe", "measure", "best", "worst", "mean", "std", "n"]
    return Table("Best and worst", f"Over {unit(found)}.", head, rows if any(row[-1] != "1" for row in rows) else [], 2)


def _paired(found: Mapping[str, Any]) -> Table:
    rows = []
    for row in found["paired"]:
        measure = BY_KEY[row["measure"]]
        interval = "-"
        if row["low"] is not None:
            interval = f"{shown(measure, row['low'], signed=True)} to {shown(measure, row['high'], signed=True)}"
        difference = shown(measure, row["mean"], signed=True)
        tests = [p_value(row["p_t"]), p_value(row["p_wilcoxon"])]
        rows.append([row["recipe"], measure.title, difference, interval, *tests, f"{row['n']}"])
    notes = dict.fromkeys(part for row in found["paired"] for part in row["note"].split("; ") if part)
    note = f"Against {found['baseline']}, paired by {'seed' if found['folds'] is None else 'fold'}. "
    note += "Two-sided tests; p values are not corrected for how many there are. "
    if found["folds"] is not None:
        note += "The t-test is corrected for the training images that folds share (Nadeau and Bengio 2003). "
    head = ["recipe", "measure", "difference", "95% interval", "p (t-test)", "p (Wilcoxon)", "pairs"]
    return Table("Paired differences", note + "".join(f"{one[0].upper()}{one[1:]}. " for one in notes), head, rows, 2)


def _mcnemar(found: Mapping[str, Any]) -> Table:
    rows = [
        [row["recipe"], f"{row['seed']}", f"{row['only_baseline']:,}", f"{row['only_other']:,}", p_value(row["p"])]
        for row in found["mcnemar"]
    ]
    note = (
        "McNemar's exact test: of the images that only one of the two names right, how many are whose. It is about "
        "these trained models and these images, not about what another seed would give."
    )
    head = ["recipe", "seed", f"only {found['baseline']} right", "only the recipe right", "p"]
    return Table("Image by image", note, head, rows)


def _per_class(found: Mapping[str, Any]) -> Table:
    recipes = [one for one in found["recipes"] if one["per_class"]]
    names = dict.fromkeys(name for one in recipes for name in one["per_class"])
    rows = [
        [name, *(spread(BY_KEY["accuracy"], one["per_class"][name]) if name in one["per_class"] else "-"
                 for one in recipes)]
        for name in names
    ]  # fmt: skip
    note = "The share of each class that was named right."
    return Table("Accuracy by class", note, ["class", *(one["name"] for one in recipes)], rows)


def _differences(found: Mapping[str, Any]) -> Table:
    rows = [[row["field"], *row["values"]] for row in found["differences"]]
    names = [one["name"] for one in found["recipes"]]
    return Table("What the recipes do differently", "All else is the same.", ["field", *names], rows, len(names) + 1)


def _measures(found: Mapping[str, Any]) -> Sequence[Measure]:
    return [one for one in MEASURES if any(one.key in recipe["measures"] for recipe in found["recipes"])]


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'s' * (count != 1)}"


def _cell(text: str) -> str:
    """Keep a text from being read as Markdown."""
    return "".join(f"\\{char}" if char in "\\|`*_[]<>#" else char for char in " ".join(text.split()))
