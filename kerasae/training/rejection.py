"""The last step of training: when not to answer, learned from validation pictures."""

from __future__ import annotations

from kerasae.console import told
from kerasae.data.collection import Collection
from kerasae.data.dataset import Targets, evaluation_dataset
from kerasae.data.pictures import batch_size
from kerasae.models import JointAutoencoder
from kerasae.models.guarded import save
from kerasae.models.rejection import MOST_REFERENCES, needed, too_few
from kerasae.recipe import Recipe
from kerasae.runs import Run

DEFAULT_RATE = 0.05


def check(recipe: Recipe, collection: Collection) -> None:
    """Refuse a rate that the validation pictures are too few for, before training.

    Raises:
        RequestError: fewer than `needed`; "auto" is never refused.
    """
    rate = recipe.rejection.false_positive_rate
    if rate != "auto" and len(collection.validation) < needed(rate):
        raise too_few(rate, len(collection.validation))


def fit_rejection(
    run: Run, recipe: Recipe, model: JointAutoencoder, collection: Collection, *, refuses: bool = False
) -> None:
    """Fit the model's rejection and keep it in the run.

    Where the validation pictures are too few, it is left out with one line about it, or with `refuses` a RequestError.
    """
    rate = DEFAULT_RATE if recipe.rejection.false_positive_rate == "auto" else recipe.rejection.false_positive_rate
    if len(collection.validation) < needed(rate):
        if refuses:
            raise too_few(rate, len(collection.validation))
        told().print(
            f"no rejection: it takes {needed(rate)} validation pictures or more, and there are "
            f"{len(collection.validation)}; train with data.validation larger for one",
            soft_wrap=True,
        )
        return
    targets = Targets(("label",) if collection.class_names else (), len(collection.class_names))
    validation, known = (
        evaluation_dataset(pictures, targets, batch_size=batch_size(pictures.image_shape))
        for pictures in (collection.validation, collection.train.some(MOST_REFERENCES))
    )
    model.fit_rejection(validation, rate, known)
    assert model.rejection is not None
    save(model.rejection, run.rejection)
