"""The short tables that verbs end with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Column, Table

from kerasae.files.reading import read_json, without
from kerasae.recipe import toml
from kerasae.runs.data_facts import DataFacts

if TYPE_CHECKING:
    from kerasae.evaluation.rejection import RejectionRate
    from kerasae.experiments.comparison.compare import Comparison
    from kerasae.experiments.search.tune import SearchResult
    from kerasae.exploration.nearest_images import NearestImages
    from kerasae.generation import GenerationResult
    from kerasae.inference.prediction import Prediction
    from kerasae.ood.measurement import OodMeasurement
    from kerasae.runs.folder import RunFolder


def summary(run: RunFolder) -> Table:
    """Return the short table that a run ends with."""
    from kerasae.data.summary import warnings, with_start

    metrics = read_json(run.metrics, {"model": dict})
    if "generated" in metrics:
        return _generator_summary(run, metrics["generated"])
    metrics = read_json(run.metrics, {"test": dict})
    test, linear = metrics["test"], metrics.get("baseline", {}).get("linear")
    table = Table(title=f"{run.path}: {test['num_pictures']:,} test images", show_header=False, title_justify="left")
    if "label" in test:
        table.add_row("accuracy", f"{test['label']['accuracy']:.4f}")
        table.add_row("macro-F1", f"{test['label']['macro_f1']:.4f}")
    for line in warnings(with_start(without(lambda: run.facts, DataFacts()), read_json(run.recipe_file))):
        table.add_row(*line.split(": ", 1))
    if "rejection" in test:
        rejection = test["rejection"]
        low, high = rejection["rejected_interval"]
        share = f"{rejection['rejected_share']:.1%} of the test images (95%: {low:.1%} to {high:.1%})"
        table.add_row("rejected", share)
        if rates := rejection.get("per_class"):
            table.add_row("most rejected", _most_rejected(rates))
    if linear:
        table.add_row("linear baseline", f"accuracy {linear['accuracy']:.4f}, macro-F1 {linear['macro_f1']:.4f}")
    if "reconstruction" in test:
        table.add_row("reconstruction MSE", f"{test['reconstruction']['mse']:.5f}")
    for name, variant in metrics.get("variants", {}).items():
        cells = [f"accuracy {variant['label']['accuracy']:.4f}"] if "label" in variant else []
        cells += [f"MSE {variant['reconstruction']['mse']:.5f}"] if "reconstruction" in variant else []
        table.add_row(f"on {name}", ", ".join(cells))
    for caution in metrics.get("cautions", []):
        table.add_row("warning", caution["text"])
    table.add_row("report", str(run.report))
    table.add_row("export", str(run.export))
    return table


def _generator_summary(run: RunFolder, generated: Mapping[str, Any]) -> Table:
    from kerasae.generation import GenerationResult

    result = GenerationResult.from_json(generated)
    table = generated_table(result)
    table.title = str(run.path) if result.judge is None else f"{run.path}: judged by {result.judge}"
    table.caption = f"report: {run.report}\nexport: {run.export}"
    table.title_justify = table.caption_justify = "left"
    return table


def _most_rejected(rates: Sequence[Mapping[str, Any]]) -> str:
    """Say which class is rejected the most, of the classes that occur."""
    worst = max(rates, key=lambda rate: (rate["share"], rate["support"]))
    low, high = worst["interval"]
    return f"{worst['name']}: {worst['share']:.1%} of {worst['support']:,} (95%: {low:.1%} to {high:.1%})"


def comparison_table(comparison: Comparison) -> Table:
    """Return the short table that a comparison ends with."""
    from kerasae.experiments.comparison.measures import BY_KEY
    from kerasae.experiments.comparison.tables import describe_replicates, describe_runs, format_summary

    result = comparison.result
    keys = [key for key in ("accuracy", "macro_f1", "mse") if any(key in recipe.measures for recipe in result.recipes)]
    title = f"{result.measured_on} images, {describe_replicates(result)}"
    table = Table("recipe", "runs", *(BY_KEY[key].title for key in keys), title=title, title_justify="left")
    for recipe in result.recipes:
        cells = [format_summary(BY_KEY[key], recipe.measures.get(key)) for key in keys]
        table.add_row(recipe.name, describe_runs(recipe), *cells)
    return table


def search_table(search: SearchResult) -> Table:
    """Return the short table that a search ends with."""
    best = search.best
    table = Table(title=f"{search.plan.folder}", show_header=False, title_justify="left")
    table.add_row("best trial", f"{best.id}: {search.plan.objective.name} {best.score:.5g}, on validation images")
    for name, value in best.values.items():
        table.add_row(name, toml.shown(value))
    if best.parameters is not None:
        table.add_row("parameters", f"{best.parameters:,}")
    table.add_row("recipe", f"kerasae train {search.recipe}")
    table.add_row("report", str(search.report))
    return table


def ood_table(measurements: Mapping[str, OodMeasurement]) -> Table:
    """Return the short table that a measurement of OOD images ends with."""
    headings = ("images", "AUROC", "AUPR", "FPR at 95% TPR", "rejected", "known rejected")
    table = Table(Column("unknown", overflow="fold"), *headings)
    for name, measurement in measurements.items():
        separation = measurement.scores["joined"]
        broken = f" ({measurement.num_broken:,} broken)" if measurement.num_broken else ""
        table.add_row(
            name,
            f"{measurement.num_unknown:,}{broken}",
            f"{separation.auroc:.4f}",
            f"{separation.aupr:.4f}",
            f"{separation.fpr_at_95_tpr:.1%}",
            _rate(measurement.unknown_rejected),
            _rate(measurement.known_rejected),
        )
    table.caption, table.caption_justify = "in brackets 95% intervals", "left"
    if rates := next(iter(measurements.values())).known_rejected_by_class:  # the same test images for all
        table.caption += f"; the most rejected of the known is {_most_rejected([asdict(rate) for rate in rates])}"
    return table


def _rate(rate: RejectionRate) -> str:
    low, high = rate.interval
    return f"{rate.share:.1%} ({low:.1%} to {high:.1%})"


def neighbours_table(images: Sequence[Path], nearest: NearestImages, class_names: Sequence[str]) -> Table:
    """Return the training images nearest to each of some images."""
    table = Table(Column("image", overflow="fold"), "distance", "class", Column("training image", overflow="fold"))
    training = nearest.training
    for image, row in zip(images, nearest.neighbours, strict=True):
        for rank, neighbour in enumerate(row):
            label = training.label[neighbour.index]
            table.add_row(
                "" if rank else str(image),
                f"{neighbour.distance:.4g}",
                class_names[label] if label >= 0 else "-",
                str(training.name[neighbour.index]),
            )
    return table


def generated_table(result: GenerationResult) -> Table:
    """Return the metrics of generated images: a column for each sampler, and real images last."""
    columns = result.summary_rows()
    lines: dict[str, list[str]] = {"images": [f"{column.num_images:,}" for column in columns]}
    if result.judge is not None:
        lines["agreement"] = [_or_dash("{:.1%}", column.agreement) for column in columns]
        lines["worst class"] = [
            "-" if column.worst_class is None else f"{column.worst:.1%} ({column.worst_class})" for column in columns
        ]
        lines["classes off by"] = [_or_dash("{:.1%}", column.balance) for column in columns]
        lines["Frechet distance"] = [_or_dash("{:.3f}", column.frechet) for column in columns]
    lines["diversity"] = [_or_dash("{:.3f}", column.diversity) for column in columns]
    lines["nearest training image"] = [_or_dash("{:.3f}", column.nearest) for column in columns]
    lines["copies"] = [_or_dash("{:.1%}", column.copies) for column in columns]
    table = Table("", *(column.name for column in columns))
    for name, cells in lines.items():
        if any(cell != "-" for cell in cells):
            table.add_row(name, *cells)
    return table


def _or_dash(form: str, value: float | None) -> str:
    return "-" if value is None else form.format(value)


def predictions_table(predictions: Sequence[Prediction]) -> Table:
    """Return a row for each image; what the model does not predict has no column."""
    from kerasae.inference.prediction import text_columns

    columns = text_columns(predictions)
    # A path is wrapped rather than cut: its end is what tells images apart.
    table = Table(Column("image", overflow="fold"), *columns)
    for row in zip((prediction.image for prediction in predictions), *columns.values(), strict=True):
        table.add_row(*row)
    return table
