"""The batches of a phase: which images, in what order, how many at a time, and how validation is cut."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from kerasae.data.epoch_sampler import EpochOrder
from kerasae.recipe import BatchSizes, Recipe
from kerasae.training import distribution
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from kerasae.data.collection import Collection
    from kerasae.data.images import ImageSet


@dataclasses.dataclass(frozen=True)
class BatchSizeStage:
    """Epochs of a phase, counted from 0 within it, that share a batch size.

    Attributes:
        epochs: the epochs.
        images: what they learn from.
        order: the order and the batches of each epoch.
        judged: the batch size of validation.
    """

    epochs: range
    images: ImageSet
    order: EpochOrder
    judged: int


def batch_size_stages(recipe: Recipe, index: int, collection: Collection) -> list[BatchSizeStage]:
    """Return what a phase trains on, one stretch for each batch size.

    Raises:
        RequestError: the batches do not fit the images or the devices.
    """
    phase, train, key = recipe.phases[index], collection.train, f"phases.{index}.batch_size"
    share = None if recipe.data.labelled_share == "natural" else recipe.data.labelled_share
    labelled = train.labels >= 0
    _check_labels(recipe, labelled)
    if phase.heads == ("label",):  # nothing to learn from images without label
        train, share = train.select(np.flatnonzero(labelled)), None
    replicas = distribution.strategy(recipe.distribution.devices).num_replicas_in_sync
    found = []
    for epochs, batch_size in phase.batch_size_stages:
        if isinstance(phase.batch_size, BatchSizes) and batch_size > len(train):
            raise RequestError(
                f"recipe: {key}.sizes",
                expected=f"no more than the {len(train):,} images that the phase learns from",
                received=f"{batch_size:,}",
            )
        if share is not None and batch_size < 2:
            raise RequestError(
                f"recipe: {key}",
                expected=("at least 2, since data.labelled_share mixes labelled and unlabelled images in every batch"),
                received=batch_size,
            )
        order = EpochOrder(train.labels, batch_size, share, recipe.seed)
        if order.batch_size % replicas:
            raise RequestError(
                f"recipe: {key}",
                expected=f"a multiple of the {replicas} devices",
                received=f"{order.batch_size}{', all the images' * (order.batch_size < batch_size)}",
                fix=f"set it to {max(order.batch_size // replicas, 1) * replicas}",
            )
        judged = shared_batch(len(collection.validation), order.batch_size, replicas)
        found.append(BatchSizeStage(epochs, train, order, judged))
    return found


def _check_labels(recipe: Recipe, labelled: np.ndarray) -> None:
    """Refuse what needs images with and without label where there are none of one kind, all such fields at once."""
    needing = {}
    if recipe.data.labelled_share != "natural" and (labelled.all() or not labelled.any()):
        needing["data.labelled_share"] = "natural"
    if labelled.all():
        needing |= {f"phases.{n}.pseudo_labels": "none" for n, phase in enumerate(recipe.phases) if phase.pseudo_labels}
    if needing:
        without = " ".join(f"--set {field}={value}" for field, value in needing.items())
        raise RequestError(
            f"recipe: {', '.join(needing)}",
            expected="training images with and without label",
            received=f"{labelled.sum():,} labelled ones of {len(labelled):,}",
            fix=(
                "add images to unlabeled/, hide labels by data.labelled_fraction or data.labelled_per_class, or do "
                f"without: {without}"
            ),
        )


def missing_epochs(recipe: Recipe, index: int, collection: Collection) -> int:
    """Return how many epochs a phase lacks for its `min_steps`; those of its last batch size are the ones to add.

    Raises:
        RequestError: as `stretches`.
    """
    course = batch_size_stages(recipe, index, collection)
    missing = recipe.phases[index].min_steps - sum(len(stage.epochs) * stage.order.steps for stage in course)
    return max(0, -(-missing // course[-1].order.steps))


def shared_batch(count: int, batch_size: int, replicas: int) -> int:
    """Return the largest size of validation batches, up to `batch_size`, that gives every device an image.

    Keras needs the first batch in equal shares; the last one may be uneven, but a device without an image has no mean.

    Raises:
        RequestError: there are too few images for the devices.
    """
    if replicas == 1:
        return batch_size
    for size in range(min(batch_size, count) // replicas * replicas, 0, -replicas):
        rest = count % size
        if rest == 0 or rest > -(-rest // replicas) * (
            replicas - 1
        ):  # a share is the rest over the devices, rounded up
            return size
    raise RequestError(
        "data.validation",
        expected=f"images for batches that {replicas} devices can share",
        received=count,
        fix="choose another fraction or fewer distribution.devices",
    )
