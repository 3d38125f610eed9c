"""A joint model that is compiled for a phase: its data, its callbacks and the state of a checkpoint."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from kerasae.data.dataset import Targets, evaluation_dataset, training_dataset
from kerasae.training import loop
from kerasae.training.callbacks import GradientNormBalance, LossWeights, MovingStatistics
from kerasae.training.moving_statistics import num_batches
from kerasae.training.phase_plan import counted_callbacks

if TYPE_CHECKING:
    import keras

    from kerasae.data.collection import Collection
    from kerasae.models import JointAutoencoder
    from kerasae.recipe import Recipe
    from kerasae.runs.folder import RunFolder
    from kerasae.training.batches import BatchSizeStage
    from kerasae.training.phase_plan import PhasePlan

# Gradients are balanced on a batch with this many labels, or on the images of this many batches.
FEWEST_LABELS = 8
MOST_BATCHES = 16


class JointPhase(loop.CompiledPhase):
    """A joint model that is compiled for a phase.

    Args:
        run: the run.
        recipe: its recipe.
        collection: the images.
        plan: of the phase.
        full_model: the model with all heads.
        compiled: the compiled model with the heads of the phase.
    """

    def __init__(
        self,
        run: RunFolder,
        recipe: Recipe,
        collection: Collection,
        plan: PhasePlan,
        full_model: JointAutoencoder,
        compiled: JointAutoencoder,
    ) -> None:
        self.recipe, self.collection, self.plan = recipe, collection, plan
        self.model = compiled
        self.targets = Targets(plan.phase.heads, len(collection.class_names))
        self.best = run.best_weights if plan.phase.restore_best else None
        self.counted = counted_callbacks(plan.phase, plan.optimizers[0].schedule, run.best_weights)
        self.state = [*full_model.variables, *compiled.optimizer.variables]
        self.state += compiled.uncertainty.variables if compiled.uncertainty is not None else []
        self.log_name = re.sub(r"[^\w.-]+", "-", plan.phase.name)[:50]

    def dataset(self, stage: BatchSizeStage, epochs: range) -> tf.data.Dataset:
        """Return augmented, mixed and corrupted images with targets and weights."""
        return training_dataset(
            stage.images,
            self.targets,
            stage.order,
            self.plan.transforms,
            self.plan.mixing,
            self.plan.corruptions,
            epochs=epochs,
            engine=self.recipe.data.augment_engine,
        )

    def validation_dataset(self, stage: BatchSizeStage) -> tf.data.Dataset:
        """Return the validation images with targets and weights."""
        assert stage.validation_batch_size is not None
        return evaluation_dataset(self.collection.validation, self.targets, batch_size=stage.validation_batch_size)

    def callbacks_before_history(self, stage: BatchSizeStage) -> list[keras.callbacks.Callback]:
        """Return the callbacks that set and log the loss weights."""
        if self.plan.phase.balance != "gradient_norm":
            return [LossWeights(self.plan.loss_weights)]
        of_no_head = {term: weight for term, weight in self.plan.loss_weights.items() if term not in self.model.heads}
        return [GradientNormBalance(*_first_images(stage, self.targets)), LossWeights(of_no_head)]

    def callbacks_after_history(self, stage: BatchSizeStage) -> list[keras.callbacks.Callback]:
        """Return the estimate of batch statistics, and the counted callbacks, which may keep weights, after it."""
        count = min(stage.order.steps, num_batches(stage.order.batch_size, self.collection.image_shape))
        first = self.plan.first_epoch
        return [MovingStatistics(self.dataset(stage, range(first, first + 1)).take(count)), *self.counted]


def _first_images(stage: BatchSizeStage, targets: Targets) -> tuple[Any, Any, Any]:
    """Return the first images of a stage without augmentation, with targets and sample weights.

    They are those of the first batch, or of more batches where it has few labels.
    """
    order, images = stage.order, stage.images
    for count in range(order.batch_size, min(order.size, MOST_BATCHES * order.batch_size) + 1, order.batch_size):
        chosen = order.at(0, np.arange(count))
        if (images.labels[chosen] >= 0).sum() >= FEWEST_LABELS:
            break
    return targets.element(tf.constant(images.load(chosen)), tf.constant(targets.rows(images.labels[chosen])))
