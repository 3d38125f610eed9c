"""The last step of training: when not to answer, learned from validation images."""

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
    from kerasae.runs.run import Run

DEFAULT_RATE = 0.05
SHOWN = 20  # names in a line


def check(recipe: Recipe, collection: Collection) -> None:
    """Refuse a rate that the validation images are too few for, and classes of a model without, before training.

    Raises:
        RequestError: fewer than `needed`, which "auto" is never refused for; or `rejection.by_class` without labels.
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
    """Return whether the validation images are enough for the recipe's rate."""
    return len(collection.validation) >= needed(_rate(recipe))


def _rate(recipe: Recipe) -> float:
    rate = recipe.rejection.false_positive_rate
    return DEFAULT_RATE if rate == "auto" else rate


def with_rejection(
    run: Run, recipe: Recipe, model: JointAutoencoder, collection: Collection, *, refuses: bool = False
) -> TrainedModel:
    """Fit a rejection for the model and keep it in the run.

    rejection.json says whether there is one and how it was fitted. Where the validation images are too few, it is left
    out with one line about it, or with `refuses` a RequestError.

    Returns:
        The model with its rejection, if there is one.
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
    validation, known = (
        evaluation_dataset(images, targets, batch_size=batch_size(images.image_shape))
        for images in (collection.validation, collection.train.some(MOST_REFERENCES))
    )
    by_class = recipe.rejection.by_class
    rejection = fit_rejection(model, validation, rate, known, by_class=by_class)
    save_rejection(rejection, run.rejection)
    facts: dict[str, Any] = {
        "fitted": True,
        "false_positive_rate": rate,
        "num_validation": count,
        "calibration": "halves" if splits(rate, count) else "folds",
        "by_class": by_class,
    }
    if by_class:
        own = np.asarray(keras.ops.convert_to_numpy(rejection.own), bool)
        shared = [name for name, alone in zip(collection.class_names, own, strict=True) if not alone]
        facts["shared_threshold"] = shared
        if shared:
            stderr_console().print(
                f"rejection.by_class: {len(shared)} of {len(own)} classes share one threshold, since fewer than "
                f"{needed(rate)} validation images to rank are predicted as each: "
                f"{', '.join(shared[:SHOWN])}{', ...' * (len(shared) > SHOWN)}",
                soft_wrap=True,
            )
    write_json(run.rejection_facts, facts)
    return TrainedModel(model, rejection)
