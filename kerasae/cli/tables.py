"""The short tables that verbs end with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Column, Table

from kerasae.recipe import toml

if TYPE_CHECKING:
    from kerasae.exploration.nearest_images import NearestImages
    from kerasae.generation import GenerationResult
    from kerasae.workflows.predict import Prediction


def summary(run: Any) -> Table:
    """Return the short table that a run ends with."""
    from kerasae.data.summary import warnings, with_start
    from kerasae.files.reading import read_json, without

    metrics = read_json(run.metrics, {"model": dict})
    if "generated" in metrics:
        from kerasae.generation import GenerationResult

        result = GenerationResult.from_json(metrics["generated"])
        table = generated_table(result)
        table.title = str(run.path) if result.judge is None else f"{run.path}: judged by {result.judge}"
        table.title_justify = "left"
        table.caption, table.caption_justify = f"report: {run.report}\nexport: {run.export}", "left"
        return table
    metrics = read_json(run.metrics, {"test": dict})
    test, linear = metrics["test"], metrics.get("baseline", {}).get("linear")
    table = Table(title=f"{run.path}: {test['num_pictures']:,} test images", show_header=False, title_justify="left")
    if "label" in test:
        table.add_row("accuracy", f"{test['label']['accuracy']:.4f}")
        table.add_row("macro-F1", f"{test['label']['macro_f1']:.4f}")
    for line in warnings(with_start(without(lambda: run.facts, {}), read_json(run.recipe_file))):
        table.add_row(*line.split(": ", 1))
    if "rejection" in test:
        found = test["rejection"]
        low, high = found["rejected_interval"]
        table.add_row(
            "rejected",
            f"{found['rejected_share']:.1%} of the test images, as too unlike the known (95%: {low:.1%} to {high:.1%})",
        )
        if rates := found.get("per_class"):
            table.add_row("most rejected", _most_rejected(rates))
    if linear:
        table.add_row("linear baseline", f"accuracy {linear['accuracy']:.4f}, macro-F1 {linear['macro_f1']:.4f}")
    if "reconstruction" in test:
        table.add_row("reconstruction MSE", f"{test['reconstruction']['mse']:.5f}")
    for name, measured in metrics.get("variants", {}).items():
        words = [f"accuracy {measured['label']['accuracy']:.4f}"] if "label" in measured else []
        words += [f"MSE {measured['reconstruction']['mse']:.5f}"] if "reconstruction" in measured else []
        table.add_row(f"on {name}", ", ".join(words))
    for caution in metrics.get("cautions", []):
        table.add_row("warning", caution["text"])
    table.add_row("report", str(run.report))
    table.add_row("export", str(run.export))
    return table


def _most_rejected(rates: Sequence[Mapping[str, Any]]) -> str:
    """Say which class is rejected the most, of the classes that occur."""
    worst = max(rates, key=lambda rate: (rate["share"], rate["support"]))
    low, high = worst["interval"]
    return f"{worst['name']}: {worst['share']:.1%} of {worst['support']:,} (95%: {low:.1%} to {high:.1%})"


def comparison(made: Any) -> Table:
    """Return the short table that a comparison ends with."""
    from kerasae.experiments.comparison.measures import BY_KEY
    from kerasae.experiments.comparison.tables import runs_in_words, spread, unit

    keys = [
        key for key in ("accuracy", "macro_f1", "mse") if any(key in one["measures"] for one in made.found["recipes"])
    ]
    title = f"{made.found['measured_on']} images, {unit(made.found)}"
    table = Table("recipe", "runs", *(BY_KEY[key].title for key in keys), title=title, title_justify="left")
    for one in made.found["recipes"]:
        cells = [spread(BY_KEY[key], one["measures"][key]) if key in one["measures"] else "-" for key in keys]
        table.add_row(one["name"], runs_in_words(one), *cells)
    return table


def search_table(made: Any) -> Table:
    """Return the short table that a search ends with."""
    best = made.best
    table = Table(title=f"{made.search.folder}", show_header=False, title_justify="left")
    table.add_row("best trial", f"{best.id}: {made.search.objective.name} {best.score:.5g}, on validation images")
    for name, value in best.values.items():
        table.add_row(name, toml.shown(value))
    if best.parameters is not None:
        table.add_row("parameters", f"{best.parameters:,}")
    table.add_row("recipe", f"kerasae train {made.recipe}")
    table.add_row("report", str(made.report))
    return table


def strangers_table(found: Mapping[str, Any]) -> Table:
    """Return the short table that a measurement of strangers ends with."""
    headings = ("images", "AUROC", "AUPR", "FPR at 95% TPR", "rejected", "known rejected")
    table = Table(Column("unknown", overflow="fold"), *headings)
    for name, one in found.items():
        ours = one["scores"]["joined"]
        table.add_row(
            name,
            f"{one['num_unknown']:,}" + (f" ({one['num_broken']:,} broken)" if one["num_broken"] else ""),
            f"{ours['auroc']:.4f}",
            f"{ours['aupr']:.4f}",
            f"{ours['fpr_at_95_tpr']:.1%}",
            _rate(one["unknown_rejected"]),
            _rate(one["known_rejected"]),
        )
    table.caption, table.caption_justify = "in brackets 95% intervals", "left"
    if rates := next(iter(found.values()))["known_rejected_by_class"]:  # the same test images for all
        table.caption += f"; the most rejected of the known is {_most_rejected(rates)}"
    return table


def _rate(found: Mapping[str, Any]) -> str:
    low, high = found["interval"]
    return f"{found['share']:.1%} ({low:.1%} to {high:.1%})"


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


def predictions_table(answers: Sequence[Prediction]) -> Table:
    """Return a row an image, with what the model answers: a model without labels has no columns for them."""
    columns = {
        "label": [one.label or "-" for one in answers],
        "probability": [_or_dash("{:.3f}", one.probability) for one in answers],
        "top 3": [", ".join(f"{name} {probability:.3f}" for name, probability in one.top) or "-" for one in answers],
        "reconstruction error": [_or_dash("{:.5f}", one.reconstruction_error) for one in answers],
        "accepted, score": [
            "-" if one.accepted is None else f"{'yes' if one.accepted else 'no'}, {one.anomaly_score:.1f}"
            for one in answers
        ],
    }
    shown = {heading: cells for heading, cells in columns.items() if set(cells) != {"-"}}
    # A path is broken rather than cut: its end is what tells images apart.
    table = Table(Column("image", overflow="fold"), *shown)
    for row in zip((one.image for one in answers), *shown.values(), strict=True):
        table.add_row(*row)
    return table
