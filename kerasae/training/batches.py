"""The batches of a phase: its images, their order, and the batch sizes of training and validation."""

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


@dataclasses.dataclass(frozen=True, slots=True)
class BatchSizeStage:
    """Epochs of a phase that share a batch size.

    Attributes:
        epochs: the epochs, counted from 0 within the phase.
        images: the training images.
        order: the order and the batches of each epoch.
        validation_batch_size: None where there is no validation.
        discriminator_steps: steps of the discriminator for one step of the generator; a batch of `order` has the
            images of all of them. 1 without a discriminator.
    """

    epochs: range
    images: ImageSet
    order: EpochOrder
    validation_batch_size: int | None = None
    discriminator_steps: int = 1


def batch_size_stages(recipe: Recipe, index: int, collection: Collection) -> list[BatchSizeStage]:
    """Return the stages of a phase, one for each batch size.

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
    stages = []
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
                expected="at least 2, since data.labelled_share mixes labelled and unlabelled images in every batch",
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
        validation_batch_size = shared_batch(len(collection.validation), order.batch_size, replicas)
        stages.append(BatchSizeStage(epochs, train, order, validation_batch_size))
    return stages


def adversarial_stages(recipe: Recipe, index: int, train: ImageSet) -> list[BatchSizeStage]:
    """Return the stages of a phase of an adversarial model, one for each number of discriminator steps.

    Raises:
        RequestError: a step takes more images than there are, or cannot be shared by the devices.
    """
    phase = recipe.phases[index]
    assert isinstance(phase.batch_size, int)
    replicas = distribution.strategy(recipe.distribution.devices).num_replicas_in_sync
    if phase.batch_size % replicas:
        raise RequestError(
            f"recipe: phases.{index}.batch_size",
            expected=f"a multiple of the {replicas} devices",
            received=f"{phase.batch_size}",
        )
    stages = []
    for epochs, steps in phase.discriminator_stretches:
        if phase.batch_size * steps > len(train):
            raise RequestError(
                f"recipe: phases.{index}.batch_size",
                expected=(
                    f"batches of which {steps}, the discriminator's steps for one of the generator, fit the "
                    f"{len(train):,} training images"
                ),
                received=f"{phase.batch_size}",
            )
        order = EpochOrder(train.labels, phase.batch_size * steps, None, recipe.seed)
        stages.append(BatchSizeStage(epochs, train, order, discriminator_steps=steps))
    return stages


def _check_labels(recipe: Recipe, labelled: np.ndarray) -> None:
    """Refuse fields that need labelled and unlabelled images where one kind is missing, all fields in one error."""
    neutral = {}  # by field, the value that does without
    if recipe.data.labelled_share != "natural" and (labelled.all() or not labelled.any()):
        neutral["data.labelled_share"] = "natural"
    if labelled.all():
        neutral |= {f"phases.{n}.pseudo_labels": "none" for n, phase in enumerate(recipe.phases) if phase.pseudo_labels}
    if neutral:
        without = " ".join(f"--set {field}={value}" for field, value in neutral.items())
        raise RequestError(
            f"recipe: {', '.join(neutral)}",
            expected="training images with and without label",
            received=f"{labelled.sum():,} labelled ones of {len(labelled):,}",
            fix=(
                "add images to unlabeled/, hide labels by data.labelled_fraction or data.labelled_per_class, or do "
                f"without: {without}"
            ),
        )


def missing_epochs(recipe: Recipe, index: int, collection: Collection) -> int:
    """Return the number of epochs that a phase needs for its `min_steps` in addition to its own.

    They are trained with the phase's last batch size.

    Raises:
        RequestError: as `batch_size_stages`.
    """
    stages = batch_size_stages(recipe, index, collection)
    missing_steps = recipe.phases[index].min_steps - sum(len(stage.epochs) * stage.order.steps for stage in stages)
    return max(0, -(-missing_steps // stages[-1].order.steps))


def shared_batch(count: int, batch_size: int, replicas: int) -> int:
    """Return the largest size of validation batches, up to `batch_size`, with which every device gets an image.

    Keras needs equal shares of the first batch. The last batch may be uneven, but the mean over no image is undefined.

    Raises:
        RequestError: there are too few images for the devices.
    """
    if replicas == 1:
        return batch_size
    for size in range(min(batch_size, count) // replicas * replicas, 0, -replicas):
        rest = count % size
        share = -(-rest // replicas)  # of a device, rounded up
        if rest == 0 or rest > share * (replicas - 1):
            return size
    raise RequestError(
        "data.validation",
        expected=f"images for batches that {replicas} devices can share",
        received=count,
        fix="choose another fraction or fewer distribution.devices",
    )
