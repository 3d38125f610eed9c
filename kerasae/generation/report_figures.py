"""The figures of what a run generates, each with the words that tell how to read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kerasae.generation import figures
from kerasae.generation.figures.agreement import REAL
from kerasae.report.report_figure import ReportFigure, report_figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from kerasae.generation.interpolation import Ways
    from kerasae.generation.sample_metrics import Judged, Reality

COLUMNS = 10
MOST_ROWS = 20
ROWS_WITHOUT_CLASSES = 6
SHOWN_COPIES = 16


def of_generated(
    found: Mapping[str, Any], made: Sequence[Judged], reality: Reality, ways: Ways | None
) -> Iterator[ReportFigure]:
    """Draw what a generation has made; `found` holds its numbers, as in `of_numbers`."""
    names = reality.collection.class_names
    for one in made:
        yield _sheet(one, names)
    if ways is not None:
        yield _between(ways, reality)
    yield from of_numbers(found)
    distances = {one.samples.method.name: one.distances for one in made}
    if len(reality.distances):
        distances[REAL] = reality.distances
    yield report_figure(
        "distances",
        "New images or copies",
        "How far each image lies from the nearest training image, pixel by pixel, on [0, 1]. Copies of training "
        "images lie near 0. Samples that lie closer than real test images do are plainer, or learned by heart.",
        "Histograms of distances to the nearest training image, by method.",
        figures.distances(distances, reality.copy_distance),
    )
    for one in made:
        yield _copies(one, reality)


def of_numbers(found: Mapping[str, Any]) -> Iterator[ReportFigure]:
    """Draw what a judge made of samples: `methods` and `real` by the names of their measures."""
    all_of = {**found["methods"], REAL: found["real"]}
    per_class = {name: one["agreement"]["per_class"] for name, one in all_of.items() if "agreement" in one}
    if per_class.keys() - {REAL}:
        worst = "; ".join(f"{name}: worst {min(shares.values()):.1%}" for name, shares in per_class.items())
        yield report_figure(
            "agreement",
            "What the judge sees",
            "The share of each class's images in which the judge, which had no part in making them, sees that class. "
            "The grey marks are real test images: no generator need be better than those.",
            f"{worst}.",
            figures.agreement(per_class, list(dict.fromkeys(key for shares in per_class.values() for key in shares))),
        )
    for name, one in found["methods"].items():
        if "balance" in one:
            distance = one["balance"]["distance"]
            yield report_figure(
                f"balance-{name}",
                f"Classes of the samples, {name}",
                "The judge names each sample that no class was asked of. The grey marks are the training images.",
                f"Bars of class shares; {distance:.1%} of the samples would have to be of another class.",
                figures.balance(one["balance"]["per_class"]),
            )


def _sheet(one: Judged, names: Sequence[str]) -> ReportFigure:
    method, images, labels = one.samples.method, one.samples.images, one.samples.labels
    if method.by_class:
        asked = list(dict.fromkeys(labels.tolist()))[:MOST_ROWS]
        places = [np.flatnonzero(labels == label)[:COLUMNS] for label in asked]
        wrong = None if one.named is None else [one.named[row] != labels[row] for row in places]
        rows = [names[label] for label in asked]
    else:
        count = min(len(images), COLUMNS * ROWS_WITHOUT_CLASSES)
        places = [np.arange(start, min(start + COLUMNS, count)) for start in range(0, count, COLUMNS)]
        wrong, rows = None, [""] * len(places)
    framed = " In a red frame: the judge sees another class." if wrong is not None else ""
    return report_figure(
        f"samples-{method.name}",
        f"Samples: {method.name}",
        f"The first ones, not the best ones. Sampled {method.words}.{framed}",
        f"A sheet of {sum(map(len, places))} samples in {len(places)} rows.",
        figures.sheet([images[row] for row in places], rows, wrong, columns=COLUMNS),
    )


def _between(ways: Ways, reality: Reality) -> ReportFigure:
    count, steps = ways.images.shape[:2]
    captions = None
    if reality.judge is not None:
        named = reality.judge(ways.images.reshape(-1, *ways.images.shape[2:])).named.reshape(count, steps)
        names = reality.collection.class_names
        captions = [[names[label] if label >= 0 else "other" for label in row] for row in named]
    more = " Each row keeps its noise." if count > 1 else ""
    if ways.centred:
        more = " The first way joins the centres of the classes, the others samples of them."
    below = " Below each image: what the judge sees." if captions is not None else ""
    return report_figure(
        "between",
        f"From {ways.words[0]} to {ways.words[1]}",
        f"Even steps on a straight line.{more}{below}",
        f"{count} rows of {steps} images that change from {ways.words[0]} to {ways.words[1]}.",
        figures.sheet(list(ways.images), [""] * count, columns=steps, captions=captions),
    )


def _copies(one: Judged, reality: Reality) -> ReportFigure:
    closest = np.argsort(one.distances, kind="stable")[:SHOWN_COPIES]
    name = one.samples.method.name
    return report_figure(
        f"copies-{name}",
        f"The samples closest to a training image, {name}",
        "Above the sample, below it the training image that is nearest, with their distance. A generator that has "
        "learned images by heart shows the same image twice.",
        f"{len(closest)} samples with their nearest training images.",
        figures.copies(
            one.samples.images[one.order[closest]],
            reality.collection.train.load(one.neighbours[closest]),
            one.distances[closest].tolist(),
        ),
    )
