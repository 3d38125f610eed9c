"""The figures of a comparison with the words that tell how to read them, ready for its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kerasae.experiments.comparison import figures
from kerasae.experiments.comparison.measures import BY_KEY, MEASURES, Measure
from kerasae.experiments.comparison.model_snapshots import parts
from kerasae.report.report_figure import ReportFigure, report_figure, write_report_figures
from kerasae.runs.history import read_history

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np

    from kerasae.experiments.comparison.plan import Job, Plan

COURSES = {"label_accuracy": "Label accuracy", "label_loss": "Label loss", "reconstruction_loss": "Reconstruction loss"}
# Of measures that say the same twice, the one that is drawn.
DRAWN = ("accuracy", "macro_f1", "mse", "training_seconds")

# Of values, and of differences.
UNITS = {"hundredths": ("%", "points"), "decibels": ("dB", "dB"), "seconds": ("seconds", "seconds")}


def draw(plan: Plan, found: Mapping[str, Any], failed: Mapping[Job, str]) -> dict[str, ReportFigure]:
    """Draw every figure that the finished runs have the numbers for, keep it in the folder, and return all by name."""
    finished = [job for job in plan.jobs if job not in failed]
    made = [*_of_numbers(plan, found), *_courses(plan, finished)]
    if finished:
        made += _of_models(plan, found, finished)
    return write_report_figures(made, plan.folder / "figures")


def _of_numbers(plan: Plan, found: Mapping[str, Any]) -> Iterator[ReportFigure]:
    runs = [run for run in found["runs"] if not run["failed"]]
    drawn = [BY_KEY[key] for key in DRAWN if any(key in run["values"] for run in runs)]
    if drawn:
        panels = [(_titled(one, 0), [_of(runs, name, one) for name in plan.names]) for one in drawn]
        caption = (
            "A line is the mean over runs, a pale bar reaches one standard deviation to each side, a mark is one run. "
            "The axes do not begin at zero."
        )
        alt = f"Scores of {len(plan.names)} recipes: {', '.join(one.title for one in drawn)}."
        yield report_figure("scores", "Scores, run by run", caption, alt, figures.scores(plan.names, panels))
    rows = {(row["recipe"], row["measure"]): row for row in found["paired"]}
    tested = [one for one in MEASURES if one.better and any(key == one.key for _, key in rows)]
    if tested:
        sides = [
            (f"{_titled(one, 1)} ({one.better} is better)",
             [_in_unit(rows.get((name, one.key)), one) for name in plan.names[1:]])
            for one in tested
        ]  # fmt: skip
        caption = (
            f"The mean difference to {plan.names[0]} over paired runs, and its 95% interval where there are pairs "
            "enough. An interval that the dashed line crosses tells of no difference that these runs can show."
        )
        alt = f"Paired differences of {len(plan.names) - 1} recipes to {plan.names[0]} with 95% intervals."
        yield report_figure(
            "differences", "Paired differences", caption, alt, figures.differences(plan.names[1:], sides)
        )
    accuracies = {
        one["name"]: {key: (row["mean"], row["std"] or 0.0) for key, row in one["per_class"].items()}
        for one in found["recipes"]
        if one["per_class"]
    }
    if accuracies:
        caption = (
            f"The share of each class's {plan.split} images that was named right: the mean over runs, and a line of "
            "one standard deviation to each side."
        )
        alt = f"Accuracy of each class in {len(accuracies)} recipes."
        yield report_figure("per_class", "Accuracy by class", caption, alt, figures.per_class(accuracies, plan.names))


def _courses(plan: Plan, finished: list[Job]) -> Iterator[ReportFigure]:
    histories = {name: [read_history(job.run.history) for job in finished if job.name == name] for name in plan.names}
    for column, title in COURSES.items():
        sides: list[dict[str, list[np.ndarray]]] = [
            {name: [one.columns[key] for one in read if one.has(key)] for name, read in histories.items()}
            for key in (column, f"val_{column}")
        ]
        if not any(any(side.values()) for side in sides):
            continue
        share = column == "label_accuracy"
        figure = figures.courses(sides[0], sides[1], plan.names, label=title.lower(), share=share)
        caption = (
            "The mean over runs in a band from lowest to highest; the name stands where the line ends. Training "
            "may carry class weights, dropout and augmentation, validation never does."
        )
        yield report_figure(
            column, title, caption, f"{title} of all recipes over epochs, training and validation.", figure
        )


def _of_models(plan: Plan, found: Mapping[str, Any], finished: list[Job]) -> Iterator[ReportFigure]:
    """Look into the earliest run that every recipe finished, or any: the same seed, and the same fold, of each."""
    runs = [{(job.seed, job.fold or 0) for job in finished if job.name == name} for name in plan.names]
    key = min(set.intersection(*runs) or set.union(*runs))
    jobs = {job.name: job for job in finished if (job.seed, job.fold or 0) == key}
    within = {name: plan.predictions_of(job) for name, job in jobs.items()}
    looked = parts(jobs, within, plan.split)
    run = f"seed {key[0]}" + (f", fold {key[1]}" if plan.folds else "")
    if any(looked.kernels.values()):
        caption = (
            f"Trained weights in colour, the initial ones as a dark outline ({run}). Areas are one; the outermost bars "
            "hold what lies beyond."
        )
        alt = f"Histograms of the first and last kernels of {len(looked.kernels)} recipes."
        figure = figures.weights(looked.kernels, plan.names)
        yield report_figure("weights", "Weights before and after training", caption, alt, figure)
    if looked.rebuilt and looked.images is not None:
        errors = {run["recipe"]: run["values"].get("mse", float("nan")) for run in found["runs"]
                  if not run["failed"] and (run["seed"], run["fold"] or 0) == key}  # fmt: skip
        figure = figures.side_by_side(looked.images, looked.rebuilt, errors, looked.captions)
        caption = (
            f"The same {plan.split} images, from the middle of their classes by error, as each recipe rebuilds them "
            f"({run}); on the left the error over all images."
        )
        alt = f"{len(looked.images)} images and their reconstructions by {len(looked.rebuilt)} recipes."
        yield report_figure("reconstructions", "Reconstructions side by side", caption, alt, figure)


def _of(runs: list[Mapping[str, Any]], name: str, measure: Measure) -> list[float]:
    found = [run["values"].get(measure.key) for run in runs if run["recipe"] == name]
    return [_scale(measure) * value for value in found if value is not None]


def _in_unit(row: Mapping[str, Any] | None, measure: Measure) -> dict[str, float | None] | None:
    if row is None:
        return None
    return {key: None if row[key] is None else _scale(measure) * row[key] for key in ("mean", "low", "high")}


def _scale(measure: Measure) -> float:
    return 100.0 if measure.style == "hundredths" else 1.0


def _titled(measure: Measure, place: int) -> str:
    """Return the title of a panel with the unit of values (0) or differences (1)."""
    unit = UNITS.get(measure.style)
    return f"{measure.title}, {unit[place]}" if unit else measure.title
