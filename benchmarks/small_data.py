"""Few images: a recipe against logistic regression on pixels, on the same images.

Draws subsets of a source's training images, 30, 100 and 300 of 2 and 5 classes, trains the recipe on each (15% of the
images validate), and prints its test accuracy beside that of `kerasae.evaluation.baseline`, which learns from the same
training images. `error` is twice the standard error of the difference on these test images: a network that is behind
by less may be so by chance.

Measured with `joint` on the digits, one seed: of 5 classes and 100 images the network had 0.883 in 30 epochs, 0.944 in
300 steps, 0.944 in 500 and 0.939 in 1,000, the linear model 0.950; of 30 images 0.778, 0.861 and 0.867 against 0.933
(30 epochs, 300 and 500 steps), where a run warns that the linear model is better. With 300 images,
and with 2 classes, the two were level throughout.

Usage: python -m benchmarks.small_data [--source digits] [--recipe joint] [--images 30 100 300] [--classes 2 5]
    [--set KEY=VALUE ...] [--seeds 1]
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from rich.console import Console
from rich.table import Table

from kerasae.data.collection import Collection, open_collection
from kerasae.data.images import ImageSet
from kerasae.evaluation.baseline import linear_baseline
from kerasae.files.writing import write_json
from kerasae.inference.forward import predict_image_set
from kerasae.models import TrainedModel
from kerasae.recipe import Recipe
from kerasae.recipe.loading import load
from kerasae.runs.folder import RunFolder
from kerasae.training import fit
from kerasae.workflows.begin import resolve

VALIDATION = 0.15
MOST_TEST = 1_000


def subset(collection: Collection, images: int, classes: int, seed: int) -> Collection:
    """Return so many training and validation images, evenly of the first classes, and the test images of those."""
    random = np.random.default_rng(seed)

    def drawn(sample_images: ImageSet, count: int) -> ImageSet:
        each = [random.permutation(np.flatnonzero(sample_images.labels == label)) for label in range(classes)]
        shares = np.bincount(np.arange(count) % classes, minlength=classes)
        return sample_images.select(np.concatenate([places[:n] for places, n in zip(each, shares, strict=True)]))

    validation = max(classes, round(VALIDATION * images))
    weights = np.ones(classes, np.float32)
    return dataclasses.replace(
        collection,
        train=drawn(collection.train, images - validation),
        validation=drawn(collection.validation, validation),
        test=drawn(collection.test, MOST_TEST),
        class_names=collection.class_names[:classes],
        class_weights=weights,
    )


def accuracies(recipe: Recipe, collection: Collection) -> tuple[Recipe, float, float]:
    """Train a recipe, and return it as it was trained, and the test accuracies of its model and of a linear one."""
    resolved = resolve(recipe, collection)
    with tempfile.TemporaryDirectory() as folder:
        run = RunFolder.create(Path(folder) / "run", "small")
        write_json(run.recipe_file, resolved.model_dump(mode="json"))
        model = fit(run, resolved, collection)
    probabilities = predict_image_set(TrainedModel(model), collection.test, batch_size=256).probabilities
    assert probabilities is not None
    linear = linear_baseline(collection)
    assert linear is not None
    assert linear.accuracy is not None
    return resolved, float((probabilities.argmax(axis=1) == collection.test.labels).mean()), linear.accuracy


def rows(recipe: Recipe, images: list[int], classes: list[int], seeds: int) -> Iterator[list[str]]:
    """Measure each case, and yield the cells of its row."""
    collection = open_collection(recipe.data, classifies=True)
    for num_classes in classes:
        for count in images:
            started = time.perf_counter()
            ours, theirs = [], []
            for seed in range(seeds):
                seeded = recipe.model_copy(update={"seed": seed})
                chosen = subset(collection, count, num_classes, seed)
                resolved, own, linear = accuracies(seeded, chosen)
                ours.append(own)
                theirs.append(linear)
            mean, other = float(np.mean(ours)), float(np.mean(theirs))
            # At most: of two models that err on different images.
            error = 2 * np.sqrt((mean * (1 - mean) + other * (1 - other)) / len(chosen.test))
            epochs = sum(phase.epochs for phase in resolved.phases)
            seconds = (time.perf_counter() - started) / seeds
            yield [
                *(f"{num_classes}", f"{count}", f"{epochs}", f"{mean:.3f}", f"{other:.3f}"),
                *(f"{mean - other:+.3f}", f"{error:.3f}", f"{seconds:.0f}"),
            ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", default="digits")
    parser.add_argument("--recipe", default="joint")
    parser.add_argument("--images", type=int, nargs="+", default=[30, 100, 300])
    parser.add_argument("--classes", type=int, nargs="+", default=[2, 5])
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--seeds", type=int, default=1)
    given = parser.parse_args()
    overrides = [f"data.source={given.source!r}", "data.validation=0.4", *given.set]
    columns = ("classes", "images", "epochs", "network", "linear", "difference", "error", "seconds")
    table = Table(*columns, title=f"{given.recipe} on {given.source}, {given.seeds} seeds: test accuracy")
    for row in rows(load(given.recipe, overrides), given.images, given.classes, given.seeds):
        print(*row, flush=True)
        table.add_row(*row)
    Console().print(table)


if __name__ == "__main__":
    main()
