"""A comparison as tables of text, for the page and the terminal, as Markdown and as CSV."""

from __future__ import annotations

import csv
import dataclasses
import io
from typing import TYPE_CHECKING, Any, NamedTuple

from kerasae.experiments.comparison.measures import BY_KEY, MEASURES, Measure
from kerasae.utils.formatting import FORMATS

if TYPE_CHECKING:
    from kerasae.experiments.comparison.result import ComparisonResult, RecipeResult
    from kerasae.experiments.comparison.statistics import Summary

COLUMNS = (
    "recipe", "measure", "measured_on", "n", "mean", "std", "min", "max",
    "difference", "low", "high", "p_t", "p_wilcoxon", "note",
)  # fmt: skip

# The measures of the first table, in which recipes are read side by side; "Best and worst" has all.
MAIN = ("accuracy", "macro_f1", "mse", "training_seconds", "parameters")
VALIDATED = ("accuracy", "mse")


class Table(NamedTuple):
    """A table of text.

    Attributes:
        name: what the page refers to it by.
        title: its heading.
        note: its caption.
        head: the column headings.
        rows: the cells.
        numbers: index of the first column that holds numbers.
    """

    name: str
    title: str
    note: str
    head: list[str]
    rows: list[list[str]]
    numbers: int = 1


def tables(result: ComparisonResult) -> list[Table]:
    """Return the tables of a comparison that have rows."""
    every_table = (
        _scores(result),
        _best_and_worst(result),
        _paired_differences(result),
        _mcnemar(result),
        _class_accuracies(result),
        _field_differences(result),
    )
    return [table for table in every_table if table.rows]


def format_value(measure: Measure, value: float | None) -> str:
    """Write a value in its measure's style; None as "-"."""
    if value is None:
        return "-"
    return FORMATS[measure.style](round(value) if measure.style == "large" else value)


def format_difference(measure: Measure, value: float | None) -> str:
    """Write a difference with its sign in its measure's style; None as "-".

    A difference of percentages is in percentage points: 60% is 20 points more than 40%, which is half as much again.
    """
    if value is None:
        return "-"
    text = f"{abs(value) * 100:.2f} points" if measure.style == "hundredths" else FORMATS[measure.style](abs(value))
    return f"{'+' if value > 0 else '-' if value < 0 else ''}{text}"


def format_summary(measure: Measure, summary: Summary | None) -> str:
    """Write mean ± standard deviation; None as "-"."""
    if summary is None:
        return "-"
    mean = format_value(measure, summary.mean)
    is_constant = summary.std is None or (measure.better is None and summary.std == 0)
    return mean if is_constant else f"{mean} ± {format_value(measure, summary.std)}"


def format_p(p: float | None) -> str:
    """Write a p value; None as "-"."""
    return "-" if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"


def describe_replicates(result: ComparisonResult) -> str:
    """Return what values are averaged over, such as "3 seeds", "5 folds" or "5 folds of 2 seeds"."""
    seeds = f"{len(result.seeds)} seed{'s' * (len(result.seeds) != 1)}"
    if result.folds is None:
        return seeds
    return f"{result.folds} folds of {seeds}" if len(result.seeds) > 1 else f"{result.folds} folds"


def describe_runs(recipe: RecipeResult) -> str:
    """Return how many runs of a recipe finished and failed, such as "2, 1 failed"."""
    return f"{recipe.runs}, {recipe.failed} failed" if recipe.failed else f"{recipe.runs}"


def markdown(result: ComparisonResult) -> str:
    """Return the tables as Markdown, and the failed runs after them."""
    heading = " and ".join(_escaped(recipe.name) for recipe in result.recipes)
    images = f"{result.num_images:,} {result.measured_on} images of {_escaped(result.source)}"
    lines = [f"# {heading}", "", f"Measured on {images}, over {describe_replicates(result)}.", ""]
    for table in tables(result):
        lines += [f"## {table.title}", "", table.note, ""]
        lines.append("| " + " | ".join(map(_escaped, table.head)) + " |")
        lines.append("|" + "".join("---|" if i < table.numbers else "---:|" for i in range(len(table.head))))
        lines += ["| " + " | ".join(map(_escaped, row)) + " |" for row in table.rows]
        lines.append("")
    if result.failed_runs:
        lines += ["## Failed runs", "", *(f"- {run.title}: {run.failed}" for run in result.failed_runs), ""]
    return "\n".join(lines)


def to_csv(result: ComparisonResult) -> str:
    """Return a row for each recipe and measure, with numbers in full and the paired test against the baseline."""
    tests = {(row.recipe, row.measure): row.test for row in result.paired}
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for recipe in result.recipes:
        for key, summary in recipe.measures.items():
            row: dict[str, Any] = {"recipe": recipe.name, "measure": key, "measured_on": result.measured_on}
            if test := tests.get((recipe.name, key)):
                row |= {name: getattr(test, name) for name in ("low", "high", "p_t", "p_wilcoxon", "note")}
                row["difference"] = test.mean
            writer.writerow(row | dataclasses.asdict(summary))
    return text.getvalue()


def _scores(result: ComparisonResult) -> Table:
    measures = [measure for measure in _measures(result) if measure.key in MAIN]
    validated = [BY_KEY[key] for key in VALIDATED if any(key in recipe.validation for recipe in result.recipes)]
    head = ["recipe", "runs", *(measure.title for measure in measures)]
    head += [f"{measure.title}, validation" for measure in validated]
    rows = [
        [
            recipe.name,
            describe_runs(recipe),
            *(format_summary(measure, recipe.measures.get(measure.key)) for measure in measures),
            *(format_summary(measure, recipe.validation.get(measure.key)) for measure in validated),
        ]
        for recipe in result.recipes
    ]
    note = f"Mean ± standard deviation over {describe_replicates(result)}, on {result.measured_on} images."
    if validated and not result.same_validation:
        note += " The recipes have different validation images, so their validation columns cannot be compared."
    return Table("scores", "Scores", note, head, rows)


def _best_and_worst(result: ComparisonResult) -> Table:
    rows = []
    for measure in _measures(result):
        if measure.better is None:
            continue
        for recipe in result.recipes:
            summary = recipe.measures.get(measure.key)
            if summary is not None:
                extremes = [summary.min, summary.max] if measure.better == "lower" else [summary.max, summary.min]
                values = [format_value(measure, value) for value in (*extremes, summary.mean, summary.std)]
                rows.append([recipe.name, measure.title, *values, f"{summary.n}"])
    head = ["recipe", "measure", "best", "worst", "mean", "std", "n"]
    has_spread = any(row[-1] != "1" for row in rows)
    note = f"Over {describe_replicates(result)}."
    return Table("best_and_worst", "Best and worst", note, head, rows if has_spread else [], 2)


def _paired_differences(result: ComparisonResult) -> Table:
    rows = []
    for row in result.paired:
        measure, test = BY_KEY[row.measure], row.test
        interval = "-"
        if test.low is not None:
            interval = f"{format_difference(measure, test.low)} to {format_difference(measure, test.high)}"
        p_values = [format_p(test.p_t), format_p(test.p_wilcoxon)]
        rows.append(
            [row.recipe, measure.title, format_difference(measure, test.mean), interval, *p_values, f"{test.n}"]
        )
    note = f"Recipe minus {result.baseline}, paired by {'seed' if result.folds is None else 'fold'}. "
    note += "The tests are two-sided; p values are not corrected for multiple testing. "
    if result.folds is not None:
        note += "The t-test is corrected for the training images that folds share (Nadeau and Bengio 2003). "
    remarks = dict.fromkeys(part for row in result.paired for part in row.test.note.split("; ") if part)
    note += "".join(f"{remark[0].upper()}{remark[1:]}. " for remark in remarks)
    head = ["recipe", "measure", "difference", "95% interval", "p (t-test)", "p (Wilcoxon)", "pairs"]
    return Table("paired_differences", "Paired differences", note, head, rows, 2)


def _mcnemar(result: ComparisonResult) -> Table:
    rows = [
        [row.recipe, f"{row.seed}", f"{row.test.only_baseline:,}", f"{row.test.only_other:,}", format_p(row.test.p)]
        for row in result.mcnemar
    ]
    note = (
        "McNemar's exact test on the images that only one of two models classifies correctly. It compares these "
        "trained models on these images; with another seed the result may differ."
    )
    head = ["recipe", "seed", f"only {result.baseline} correct", "only the recipe correct", "p"]
    return Table("mcnemar", "Image by image", note, head, rows)


def _class_accuracies(result: ComparisonResult) -> Table:
    recipes = [recipe for recipe in result.recipes if recipe.per_class]
    classes = dict.fromkeys(name for recipe in recipes for name in recipe.per_class)
    rows = [
        [name, *(format_summary(BY_KEY["accuracy"], recipe.per_class.get(name)) for recipe in recipes)]
        for name in classes
    ]
    note = "The share of each class's images that is classified correctly."
    head = ["class", *(recipe.name for recipe in recipes)]
    return Table("class_accuracies", "Accuracy by class", note, head, rows)


def _field_differences(result: ComparisonResult) -> Table:
    rows = [[row.field, *row.values] for row in result.differences]
    head = ["field", *(recipe.name for recipe in result.recipes)]
    note = "All other fields are equal."
    return Table("field_differences", "Differences between the recipes", note, head, rows, len(head))


def _measures(result: ComparisonResult) -> list[Measure]:
    """Return the measures that some recipe has."""
    return [measure for measure in MEASURES if any(measure.key in recipe.measures for recipe in result.recipes)]


def _escaped(text: str) -> str:
    """Return a text on one line, with the characters escaped that Markdown gives a meaning."""
    return "".join(f"\\{char}" if char in "\\|`*_[]<>#" else char for char in " ".join(text.split()))
