"""Training: the phases of a recipe in turn, from the start or from where a killed run left off."""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from rich.console import Console
from rich.markup import escape

from kerasae import distribution
from kerasae.data.collection import Collection
from kerasae.data.dataset import Targets, evaluation_dataset, training_dataset
from kerasae.data.order import EpochOrder
from kerasae.data.pictures import Pictures
from kerasae.errors import RequestError
from kerasae.models import JointAutoencoder, build, load_trained, with_heads
from kerasae.models.build import dtype_policy
from kerasae.recipe import Phase, Recipe
from kerasae.runs import Run, written_whole
from kerasae.training import loss_weights
from kerasae.training import phase as phases
from kerasae.training.callbacks import read_arrays
from kerasae.training.checkpoint import Checkpoint, Progress, read_progress, restore, write
from kerasae.training.history import History


def build_model(recipe: Recipe, collection: Collection, precision: str) -> JointAutoencoder:
    """Build the untrained model of a recipe for the pictures at hand, its initial weights set by the recipe's seed."""
    keras.utils.set_random_seed(recipe.seed)
    statistics = collection.channel_statistics if recipe.model.standardize else None
    return build(recipe.model, collection.image_shape, len(collection.class_names), recipe.heads, statistics, precision)


def check(recipe: Recipe, collection: Collection) -> None:
    """Refuse pictures, batches and saved parts that do not fit each other, before a run is made.

    Raises:
        RequestError: what `fit` would say, but for what shows only in training.
    """
    model = build_model(recipe, collection, "float32")
    replicas = distribution.strategy(recipe.distribution.devices).num_replicas_in_sync
    for index, phase in enumerate(recipe.phases):
        _, order = _order(recipe, index, collection)
        shared_batch(len(collection.validation), order.batch_size, replicas)
        _start_from(model, phase, f"phases.{index}")


def fit(run: Run, recipe: Recipe, collection: Collection, *, console: Console | None = None) -> JointAutoencoder:
    """Train every phase of `recipe`, write `model.keras`, and return the trained model in float32.

    Goes on from the run's last checkpoint if there is one; the result is the same as without the interruption.

    Raises:
        RequestError: the model cannot be built for these pictures or devices.
        DivergedError: the loss is no longer a number.
    """
    console = console or Console(stderr=True, emoji=False)
    last = run.checkpoints / "last.npz"
    with distribution.strategy(recipe.distribution.devices).scope():
        model = build_model(recipe, collection, distribution.precision(recipe.precision))
        progress = Progress()
        if last.is_file():
            progress = read_progress(last)
            restore(last, model.variables)
        for index in range(progress.phase, len(recipe.phases)):
            phase = recipe.phases[index]
            if progress.epoch == 0:
                _start_from(model, phase, f"phases.{index}")
            console.print(_headline(recipe, index, progress), highlight=False, soft_wrap=True)
            rows = _fit_phase(run, recipe, index, model, collection, progress)
            progress = Progress(phase=index + 1, rows=len(rows))
            write(last, progress, model.variables)
    # Kept in float32, whatever it was trained in: the same answers on every machine and in the export.
    trained = build_model(recipe, collection, "float32")
    trained.set_weights(model.get_weights())
    with written_whole(run.model) as temporary:
        trained.save(temporary)
    return trained


def _fit_phase(
    run: Run, recipe: Recipe, index: int, model: JointAutoencoder, collection: Collection, progress: Progress
) -> list[dict[str, Any]]:
    """Train the parts that the phase names, in place, and return the rows of the history so far."""
    phase, key = recipe.phases[index], f"phases.{index}"
    train, order = _order(recipe, index, collection)
    judged = shared_batch(len(collection.validation), order.batch_size, model.distribute_strategy.num_replicas_in_sync)
    plan = phases.schedule(phase, key, order.steps)
    phases.freeze_all_but(model, phase.learns)
    with dtype_policy(model.dtype_policy):
        trained = with_heads(model, phase.heads, "uncertainty" if phase.balance == "uncertainty" else None)
    weights = loss_weights.schedules(recipe, index, model.input_shape[1:])
    trained.compile(
        optimizer=phases.optimizer(phase, key, plan),
        loss={head: phases.loss(recipe.loss, head) for head in phase.heads},
        # Variables, so that they change between epochs without compiling anew.
        loss_weights={term: keras.Variable(weight(0), False, name=term) for term, weight in weights.items()},
        error_focus=phase.error_focus,
        jit_compile=distribution.jit_compile(recipe.jit_compile),
    )
    trained.optimizer.build(trained.trainable_variables)

    rows = _read_rows(run)[: progress.rows]
    best = run.checkpoints / "best.npz"
    watching = phases.callbacks(phase, plan, best)
    state = [*model.variables, *trained.optimizer.variables]
    state += trained.uncertainty.variables if trained.uncertainty is not None else []
    checkpoint = Checkpoint(run.checkpoints / "last.npz", state, index, watching, rows)
    if progress.epoch:
        restore(checkpoint.path, state)
        checkpoint.restored = progress
    if progress.epoch < phase.epochs and not progress.stopped:
        # Epochs are numbered over all phases, so that no two of them draw the same order and augmentations.
        first = sum(earlier.epochs for earlier in recipe.phases[:index])
        epochs = range(first + progress.epoch, first + phase.epochs)
        targets = Targets(phase.heads, collection.class_weights)
        engine = recipe.data.augment_engine
        unweighted = Targets(phase.heads, np.ones_like(collection.class_weights))
        trained.fit(
            training_dataset(
                train,
                targets,
                order,
                phases.transforms(phase, key),
                phases.mixing(phase, key),
                epochs=epochs,
                engine=engine,
            ),
            epochs=phase.epochs,
            initial_epoch=progress.epoch,
            steps_per_epoch=order.steps,
            validation_data=evaluation_dataset(collection.validation, unweighted, batch_size=judged),
            callbacks=[
                *loss_weights.callbacks(phase, weights, lambda: _first_batch(train, targets, order)),
                History(run, rows, phase.name, order.steps * order.batch_size),
                *watching,
                keras.callbacks.TensorBoard(run.tensorboard / f"{index}-{_file_name(phase.name)}", write_graph=False),
                checkpoint,
            ],
            shuffle=False,
            verbose=1 if sys.stdout.isatty() else 2,  # a bar is for eyes; a log file gets one line an epoch
        )
    if phase.restore_best:
        trained.set_weights(read_arrays(best))
    return rows


def _order(recipe: Recipe, index: int, collection: Collection) -> tuple[Pictures, EpochOrder]:
    """Return the pictures that a phase learns from, and their order."""
    phase, train = recipe.phases[index], collection.train
    share = None if recipe.data.labelled_share == "natural" else recipe.data.labelled_share
    labelled = train.labels >= 0
    if share is not None and (labelled.all() or not labelled.any()):
        raise RequestError(
            f"recipe: data.labelled_share: expected training pictures with and without label. Received: {share:g} "
            f"and {labelled.sum():,} labelled ones of {len(labelled):,}; set it to 'natural' or hide labels by "
            "data.labelled_fraction"
        )
    if phase.heads == ("label",):  # nothing to learn from pictures without label
        train, share = train.select(np.flatnonzero(labelled)), None
    if share is not None and phase.batch_size < 2:
        raise RequestError(
            f"recipe: phases.{index}.batch_size: expected at least 2, since data.labelled_share mixes labelled and "
            f"unlabelled pictures in every batch. Received: {phase.batch_size}"
        )
    order = EpochOrder(train.labels, phase.batch_size, share, recipe.seed)
    replicas = distribution.strategy(recipe.distribution.devices).num_replicas_in_sync
    if order.batch_size % replicas:
        raise RequestError(
            f"recipe: phases.{index}.batch_size: expected a multiple of the {replicas} devices. "
            f"Received: {order.batch_size}{', all the pictures' * (order.batch_size < phase.batch_size)}; "
            f"set it to {max(order.batch_size // replicas, 1) * replicas}"
        )
    return train, order


def shared_batch(count: int, batch_size: int, replicas: int) -> int:
    """Return the largest size of validation batches, up to `batch_size`, that gives every device a picture.

    Keras needs the first batch in equal shares; the last one may be uneven, but a device without a picture has no mean.

    Raises:
        RequestError: there are too few pictures for the devices.
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
        f"data.validation: expected pictures for batches that {replicas} devices can share. Received: {count}; "
        "choose another fraction or fewer distribution.devices"
    )


def _first_batch(train: Pictures, targets: Targets, order: EpochOrder) -> tuple[Any, Any, Any]:
    """Return the pictures of a phase's first batch, as they are, with targets and weights."""
    chosen = order.at(0, np.arange(order.batch_size))
    return targets.element(tf.constant(train.load(chosen)), tf.constant(targets.rows(train.labels[chosen])))


def _start_from(model: JointAutoencoder, phase: Phase, key: str) -> None:
    """Give parts the weights of a saved run's parts."""
    for part, folder in phase.start_from.items():
        saved = getattr(load_trained(Run.open(Path(folder))), part)
        own = getattr(model, part)
        shapes = [None if one is None else [tuple(weight.shape) for weight in one.weights] for one in (own, saved)]
        if None in shapes or shapes[0] != shapes[1]:
            raise RequestError(
                f"recipe: {key}.start_from.{part}: expected a run whose {part} has the shapes of this recipe's. "
                f"Received: {folder!r}, whose {part} {'is missing' if saved is None else 'has others'}"
            )
        own.set_weights(saved.get_weights())


def _headline(recipe: Recipe, index: int, progress: Progress) -> str:
    phase = recipe.phases[index]
    resumed = f", going on after epoch {progress.epoch}" if progress.epoch else ""
    return (
        f"Phase {index + 1} of {len(recipe.phases)}, [bold]{escape(phase.name)}[/bold]: {', '.join(phase.learns)} for "
        f"{phase.epochs} epoch{'s' * (phase.epochs > 1)}{resumed}"
    )


def _file_name(name: str) -> str:
    """Return a phase's name as a folder may be called."""
    return re.sub(r"[^\w.-]+", "-", name)[:50]


def _read_rows(run: Run) -> list[dict[str, Any]]:
    """Read the history's rows; an empty value is one that its phase did not have."""
    if not run.history.is_file():
        return []
    with run.history.open(encoding="utf-8", newline="") as file:
        return [{key: value for key, value in row.items() if value} for row in csv.DictReader(file)]
