"""What a run generates, judged: images, numbers, figures and one self-contained page in RUN/generated."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from kerasae.data.sources.folder_names import is_split, is_system, is_unlabelled
from kerasae.files.writing import write_json, write_text, written_whole
from kerasae.generation.method import Method, sample
from kerasae.generation.report_figures import of_generated
from kerasae.generation.sample_metrics import Judged, Reality
from kerasae.report.report_figure import keep
from kerasae.report.templating import render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kerasae.data.collection import Collection
    from kerasae.generation.interpolation import Ways
    from kerasae.generation.judge import Judge
    from kerasae.runs.run import Run

LONGEST_NAME = 40  # characters of a folder's name, of up to 4 bytes each


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
        classes: by index, those that images are made of; empty where the run knows none.
        count: images of each class.
        noise: how far from the middle, in what was learned: 1 is as diverse as the training images were found to be.
        seed: of everything that is drawn.
    """

    classes: tuple[int, ...]
    count: int = 100
    noise: float = 1.0
    seed: int = 0


def write_generated(
    run: Run,
    collection: Collection,
    methods: Sequence[Method],
    request: Request,
    judge: Judge | None,
    ways: Ways | None = None,
) -> dict[str, Any]:
    """Make images by every method, judge them, and write RUN/generated.

    Returns:
        What generated.json holds.
    """
    reality = Reality(collection, judge, request.classes)
    made = [
        reality.judged(sample(method, request.classes, request.count, request.noise, request.seed))
        for method in methods
    ]
    summary = {
        "classes": [collection.class_names[label] for label in request.classes],
        "count": request.count,
        "noise": request.noise,
        "seed": request.seed,
        "between": list(ways.words) if ways is not None else None,
        "judge": str(judge.path) if judge is not None else None,
        "real": reality.summary(),
        "methods": {one.samples.method.name: one.found for one in made},
    }
    folder = run.generated
    _write_samples(folder / "samples.npz", made, ways)
    _write_images(folder / "pictures", made, collection.class_names)
    report_figures = keep(of_generated(summary, made, reality, ways), folder / "figures")
    write_json(folder / "generated.json", summary)
    page = render(
        "generated.html.j2",
        "kerasae.generation",
        title=run.recipe.title or run.name,
        run=run.name,
        found=summary,
        report_figures=report_figures,
        rows=table(summary),
    )
    write_text(folder / "generated.html", page)
    return summary


def table(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a row a method, and real images last: what the page and the terminal show."""
    rows = [_row(name, one) for name, one in found["methods"].items()]
    real = _row("real images", found["real"])
    first: Mapping[str, Any] = next(iter(found["methods"].values()), {})
    real["frechet"] = first.get("frechet", {}).get("real")
    return [*rows, real]


def _row(name: str, one: Mapping[str, Any]) -> dict[str, Any]:
    agreement = one.get("agreement", {})
    per_class = agreement.get("per_class", {})
    return {
        "name": name,
        "num_pictures": one["num_pictures"],
        "agreement": agreement.get("overall"),
        "worst": agreement.get("worst"),
        "worst_class": min(per_class, key=lambda key: per_class[key]) if per_class else None,
        "balance": one.get("balance", {}).get("distance"),
        "diversity": one["diversity"]["pixels"],
        "features": one["diversity"].get("features"),
        "nearest": one["nearest"]["median"],
        "copies": one["nearest"]["copies"],
        "frechet": one.get("frechet", {}).get("distance"),
    }


def _write_samples(path: Path, made: Sequence[Judged], ways: Ways | None) -> None:
    """Keep every image, with the class that was asked for and the one that the judge named, by method."""
    arrays: dict[str, Any] = {} if ways is None else {"between": ways.images}
    for one in made:
        name = one.samples.method.name
        arrays |= {f"{name}-images": one.samples.images, f"{name}-label": one.samples.labels}
        arrays |= {f"{name}-named": one.named} if one.named is not None else {}
    with written_whole(path) as temporary:
        np.savez_compressed(temporary, **arrays)


def folder_names(class_names: Sequence[str]) -> list[str]:
    """Return a folder's name for each class: all different, none too long, and none that `--data` takes otherwise."""
    taken: set[str] = set()
    names = []
    for index, class_name in enumerate(class_names):
        name = re.sub(r"[^\w-]+", "-", class_name).strip("-")[:LONGEST_NAME] or "class"
        if is_split(name) or is_unlabelled(name) or is_system(name):
            name = f"class-{name}"
        while name.lower() in taken:
            name = f"{name}-{index}"
        taken.add(name.lower())
        names.append(name)
    return names


def _write_images(folder: Path, made: Sequence[Judged], class_names: Sequence[str]) -> None:
    """Write each image as METHOD/CLASS/0000.png, a folder of images as `--data` takes it."""
    names = folder_names(class_names)
    with written_whole(folder) as temporary:
        for one in made:
            places: dict[int, int] = {}
            for image, label in zip(one.samples.images, one.samples.labels.tolist(), strict=True):
                name = names[label] if label >= 0 else "unlabeled"
                path = temporary / one.samples.method.name / name / f"{places.setdefault(label, 0):04d}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(path)
                places[label] += 1
