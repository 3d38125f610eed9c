"""Fit the rejection of a trained model on the validation images of its run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from kerasae.data.dataset import Targets, evaluation_dataset
from kerasae.data.images import batch_size
from kerasae.files.writing import write_json
from kerasae.models import TrainedModel, fit_rejection
from kerasae.models.ood.fitting import MOST_REFERENCES, needed, splits, too_few
from kerasae.models.ood.saving import save_rejection
from kerasae.utils.console import stderr_console
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from kerasae.data.collection import Collection
    from kerasae.models import JointAutoencoder
    from kerasae.recipe import Recipe
    from kerasae.runs.folder import RunFolder

DEFAULT_RATE = 0.05
MAX_NAMES = 20  # in a line


def check(recipe: Recipe, collection: Collection) -> None:
    """Refuse a rejection that cannot be fitted, before training.

    Raises:
        RequestError: there are fewer validation images than the rate needs (never for "auto"), or `rejection.by_class`
            is set for a recipe without a label head.
    """
    if recipe.rejection.by_class and "label" not in recipe.heads:
        raise RequestError(
            "rejection.by_class",
            expected="a recipe that trains a label head",
            received=f"true, and the heads {', '.join(recipe.heads)}",
            fix="leave it out",
        )
    if recipe.rejection.false_positive_rate != "auto" and not fits(recipe, collection):
        raise too_few(_rate(recipe), len(collection.validation))


def fits(recipe: Recipe, collection: Collection) -> bool:
    """Return whether there are enough validation images for the rate of the recipe."""
    return len(collection.validation) >= needed(_rate(recipe))


def _rate(recipe: Recipe) -> float:
    rate = recipe.rejection.false_positive_rate
    return DEFAULT_RATE if rate == "auto" else rate


def with_rejection(
    run: RunFolder, recipe: Recipe, model: JointAutoencoder, collection: Collection, *, refuses: bool = False
) -> TrainedModel:
    """Fit the rejection of a model, and write it to rejection.keras and its facts to rejection.json.

    Args:
        run: where the files are written.
        recipe: the recipe of the run.
        model: the trained model.
        collection: the images of the run.
        refuses: whether to raise where there are too few validation images; else a line says that there is none.

    Returns:
        The model with its rejection, if there is one.

    Raises:
        RequestError: with `refuses`, if there are too few validation images.
    """
    rate, count = _rate(recipe), len(collection.validation)
    if not fits(recipe, collection):
        if refuses:
            raise too_few(rate, count)
        reason = f"it takes {needed(rate)} validation images or more, and there are {count}"
        stderr_console().print(f"no rejection: {reason}; train with data.validation larger for one", soft_wrap=True)
        write_json(run.rejection_facts, {"fitted": False, "reason": reason})
        return TrainedModel(model)
    targets = Targets(("label",) if collection.class_names else (), len(collection.class_names))
    validation, references = (
        evaluation_dataset(images, targets, batch_size=batch_size(images.image_shape))
        for images in (collection.validation, collection.train.some(MOST_REFERENCES))
    )
    by_class = recipe.rejection.by_class
    rejection = fit_rejection(model, validation, rate, references, by_class=by_class)
    save_rejection(rejection, run.rejection)
    facts: dict[str, Any] = {
        "fitted": True,
        "false_positive_rate": rate,
        "num_validation": count,
        "calibration": "halves" if splits(rate, count) else "folds",
        "by_class": by_class,
    }
    if by_class:
        has_threshold = np.asarray(keras.ops.convert_to_numpy(rejection.own), bool)
        shared = [name for name, has in zip(collection.class_names, has_threshold, strict=True) if not has]
        facts["shared_threshold"] = shared
        if shared:
            stderr_console().print(
                f"rejection.by_class: {len(shared)} of {len(has_threshold)} classes share one threshold, since fewer "
                f"than {needed(rate)} validation images to rank are predicted as each: "
                f"{', '.join(shared[:MAX_NAMES])}{', ...' * (len(shared) > MAX_NAMES)}",
                soft_wrap=True,
            )
    write_json(run.rejection_facts, facts)
    return TrainedModel(model, rejection)
