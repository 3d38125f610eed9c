"""The figures of a comparison's page, with their titles and captions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kerasae.experiments.comparison import figures
from kerasae.experiments.comparison.figures.differences import Interval
from kerasae.experiments.comparison.measures import BY_KEY, MEASURES, Measure
from kerasae.experiments.comparison.model_snapshots import model_snapshots
from kerasae.report.report_figure import ReportFigure, report_figure, write_report_figures
from kerasae.runs.history import read_history

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np

    from kerasae.experiments.comparison.plan import ComparisonJob, ComparisonPlan
    from kerasae.experiments.comparison.result import ComparisonResult
    from kerasae.experiments.comparison.statistics import PairedTest

LEARNING_CURVES = {
    "label_accuracy": "Label accuracy",
    "label_loss": "Label loss",
    "reconstruction_loss": "Reconstruction loss",
}
# PSNR and SSIM would repeat what the MSE shows.
DRAWN = ("accuracy", "macro_f1", "mse", "training_seconds")

VALUE_UNITS = {"hundredths": "%", "decibels": "dB", "seconds": "seconds"}
DIFFERENCE_UNITS = VALUE_UNITS | {"hundredths": "points"}


def draw(
    plan: ComparisonPlan, result: ComparisonResult, failures: Mapping[ComparisonJob, str]
) -> dict[str, ReportFigure]:
    """Draw every figure that the finished runs have numbers for, write it into figures/, and return all by name.

    Args:
        plan: the comparison.
        result: its numbers.
        failures: why jobs failed; the others are finished.
    """
    finished = [job for job in plan.jobs if job not in failures]
    report_figures = [*_scores(result), *_differences(result), *_class_accuracies(result)]
    report_figures += _learning_curves(plan.names, finished)
    if finished:
        report_figures += _models(plan, result, finished)
    return write_report_figures(report_figures, plan.folder / "figures")


def _scores(result: ComparisonResult) -> Iterator[ReportFigure]:
    runs, names = result.finished_runs, _names(result)
    measures = [BY_KEY[key] for key in DRAWN if any(key in run.values for run in runs)]
    if not measures:
        return
    panels = []
    for measure in measures:
        values = [
            [
                _scale(measure) * run.values[measure.key]
                for run in runs
                if run.recipe == name and measure.key in run.values
            ]
            for name in names
        ]
        panels.append((_with_unit(measure, VALUE_UNITS), values))
    caption = (
        "The line is the mean over runs, the pale bar one standard deviation on each side, a mark one run. "
        "The axes do not begin at zero."
    )
    alt = f"Scores of {len(names)} recipes: {', '.join(measure.title for measure in measures)}."
    yield report_figure("scores", "Scores of every run", caption, alt, figures.scores(names, panels))


def _differences(result: ComparisonResult) -> Iterator[ReportFigure]:
    tests = {(row.recipe, row.measure): row.test for row in result.paired}
    measures = [measure for measure in MEASURES if measure.better and any(key == measure.key for _, key in tests)]
    if not measures:
        return
    names = _names(result)[1:]
    panels = [
        (
            f"{_with_unit(measure, DIFFERENCE_UNITS)} ({measure.better} is better)",
            [_interval(tests.get((name, measure.key)), measure) for name in names],
        )
        for measure in measures
    ]
    caption = (
        f"The mean paired difference to {result.baseline}, with its 95% interval if there are enough pairs. Where the "
        "interval crosses the dashed line, these runs show no significant difference."
    )
    alt = f"Paired differences of {len(names)} recipes to {result.baseline} with 95% intervals."
    yield report_figure("differences", "Paired differences", caption, alt, figures.differences(names, panels))


def _class_accuracies(result: ComparisonResult) -> Iterator[ReportFigure]:
    accuracies = {
        recipe.name: {name: (summary.mean, summary.std or 0.0) for name, summary in recipe.per_class.items()}
        for recipe in result.recipes
        if recipe.per_class
    }
    if not accuracies:
        return
    caption = (
        f"The share of each class's {result.measured_on} images that is classified correctly: the mean over runs, and "
        "one standard deviation on each side."
    )
    alt = f"Accuracy of each class in {len(accuracies)} recipes."
    figure = figures.per_class(accuracies, _names(result))
    yield report_figure("per_class", "Accuracy by class", caption, alt, figure)


def _learning_curves(names: Sequence[str], finished: Sequence[ComparisonJob]) -> Iterator[ReportFigure]:
    histories = {name: [read_history(job.run.history) for job in finished if job.group == name] for name in names}

    def values(column: str) -> dict[str, list[np.ndarray]]:
        return {
            name: [history.columns[column] for history in of_recipe if history.has(column)]
            for name, of_recipe in histories.items()
        }

    caption = (
        "The line is the mean over runs, the band reaches from the lowest to the highest run. Training values may "
        "include class weights, dropout and augmentation; validation values never do."
    )
    for column, title in LEARNING_CURVES.items():
        training, validation = values(column), values(f"val_{column}")
        if any(training.values()) or any(validation.values()):
            is_share = column == "label_accuracy"
            figure = figures.learning_curves(training, validation, names, label=title.lower(), share=is_share)
            alt = f"{title} of all recipes over epochs, training and validation."
            yield report_figure(column, title, caption, alt, figure)


def _models(
    plan: ComparisonPlan, result: ComparisonResult, finished: Sequence[ComparisonJob]
) -> Iterator[ReportFigure]:
    """Show the models of the first seed and fold that every recipe has finished, or any recipe if none is shared."""
    replicates = [{_seed_and_fold(job) for job in finished if job.group == name} for name in plan.names]
    shown = min(set.intersection(*replicates) or set.union(*replicates))
    jobs = {job.group: job for job in finished if _seed_and_fold(job) == shown}
    title = f"seed {shown[0]}, fold {shown[1]}" if plan.folds else f"seed {shown[0]}"
    snapshots = model_snapshots(jobs, {name: plan.predictions_of(job) for name, job in jobs.items()}, plan.split)
    if any(snapshots.kernels.values()):
        caption = (
            f"Trained weights in colour, initial weights as a dark outline ({title}). Each histogram has area one; "
            "the outermost bars include all weights beyond them."
        )
        alt = f"Histograms of the first and last kernels of {len(snapshots.kernels)} recipes."
        figure = figures.weights(snapshots.kernels, plan.names)
        yield report_figure("weights", "Weights before and after training", caption, alt, figure)
    if snapshots.reconstructions and snapshots.images is not None:
        errors = {
            run.recipe: run.values.get("mse", float("nan"))
            for run in result.finished_runs
            if (run.seed, run.fold or 0) == shown
        }
        figure = figures.side_by_side(snapshots.images, snapshots.reconstructions, errors, snapshots.class_names)
        caption = (
            f"{plan.split.capitalize()} images with a typical error for their class, and their reconstructions by each "
            f"recipe ({title}). The error on the left is the mean over all images."
        )
        alt = f"{len(snapshots.images)} images and their reconstructions by {len(snapshots.reconstructions)} recipes."
        yield report_figure("reconstructions", "Reconstructions side by side", caption, alt, figure)


def _names(result: ComparisonResult) -> list[str]:
    return [recipe.name for recipe in result.recipes]


def _seed_and_fold(job: ComparisonJob) -> tuple[int, int]:
    return job.replicate.seed, job.replicate.fold or 0


def _interval(test: PairedTest | None, measure: Measure) -> Interval | None:
    if test is None:
        return None
    scale = _scale(measure)
    if test.low is None or test.high is None:
        return Interval(scale * test.mean)
    return Interval(scale * test.mean, scale * test.low, scale * test.high)


def _scale(measure: Measure) -> float:
    return 100.0 if measure.style == "hundredths" else 1.0


def _with_unit(measure: Measure, units: Mapping[str, str]) -> str:
    unit = units.get(measure.style)
    return f"{measure.title}, {unit}" if unit else measure.title
