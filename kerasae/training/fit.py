"""Training: the phases of a recipe in turn, from the start or from where a killed run left off."""

from __future__ import annotations

import functools
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from kerasae.data.dataset import Targets, evaluation_dataset, training_dataset
from kerasae.data.learned_images import check_unseen, keep_learned
from kerasae.files.writing import written_whole
from kerasae.models import JointAutoencoder, build, deviation, load_trained, with_heads
from kerasae.models.build import dtype_policy, whiten
from kerasae.runs.origins import check_start
from kerasae.runs.run import Run
from kerasae.training import distribution, loss_weights
from kerasae.training import phase as phases
from kerasae.training.batches import batch_size_stages
from kerasae.training.callbacks import read_arrays
from kerasae.training.checkpoint import Checkpoint, Progress, read_progress, restore, write
from kerasae.training.history import History, read_rows
from kerasae.training.memory import check_memory
from kerasae.training.moving_statistics import MovingStatistics, num_batches, restart
from kerasae.utils.console import stderr_console
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kerasae.data.collection import Collection
    from kerasae.data.epoch_sampler import EpochOrder
    from kerasae.data.images import ImageSet
    from kerasae.recipe import DataRecipe, Recipe

# Of the images that gradients are balanced on: labels enough to say something, and how far to look for them.
FEWEST_LABELS = 8
MOST_BATCHES = 16


def build_model(recipe: Recipe, collection: Collection, precision: str) -> JointAutoencoder:
    """Build the untrained model of a recipe for the images at hand, its initial weights set by the recipe's seed."""
    keras.utils.set_random_seed(recipe.seed)
    statistics = collection.channel_statistics if recipe.model.standardize != "none" else None
    model = build(
        recipe.model, collection.image_shape, len(collection.class_names), recipe.heads, statistics, precision
    )
    if recipe.model.standardize == "whitening":
        whiten(model.encoder, collection.examples)
    return model


def check(recipe: Recipe, collection: Collection) -> JointAutoencoder:
    """Refuse images, batches and saved parts that do not fit each other, before a run is made.

    Returns:
        The model that training would begin with, in float32.

    Raises:
        RequestError: what `fit` would say, but for what shows only in training.
    """
    model = build_model(recipe, collection, "float32")
    for index, phase in enumerate(recipe.phases):
        largest = max(stage.order.batch_size for stage in batch_size_stages(recipe, index, collection))
        check_memory(model, largest, distribution.precision(recipe.precision), f"phases.{index}.batch_size")
        phases.check_trains(model, phase, f"phases.{index}")
        _start_from(model, recipe, index)
    check_unseen(recipe, collection)
    return model


def fit(run: Run, recipe: Recipe, collection: Collection) -> JointAutoencoder:
    """Train every phase of `recipe`, write `model.keras`, and return the trained model in float32.

    Goes on from the run's last checkpoint if there is one; the result is the same as without the interruption.

    Raises:
        RequestError: the model cannot be built for these images or devices.
        DivergedError: the loss is no longer a number.
    """
    keep_learned(run, recipe, collection)
    model = train_phases(run, recipe, collection)
    # Kept in float32, whatever it was trained in: the same answers on every machine and in the export.
    trained = build_model(recipe, collection, "float32")
    trained.set_weights(model.get_weights())
    with written_whole(run.model) as temporary:
        trained.save(temporary)
    return trained


def train_phases(
    run: Run,
    recipe: Recipe,
    collection: Collection,
    *,
    watching: Callable[[], Sequence[keras.callbacks.Callback]] = tuple,
    macro_f1: bool = False,
) -> JointAutoencoder:
    """Train every phase of `recipe` and return the model as it was trained, with checkpoints but without `model.keras`.

    Args:
        watching: gives further callbacks for each phase. They come last: what they raise after an epoch leaves a run
            that goes on from there.
        macro_f1: whether the macro-F1 is logged beside the accuracy.

    Raises:
        RequestError: the model cannot be built for these images or devices.
        DivergedError: the loss is no longer a number.
    """
    console = stderr_console()
    last = run.checkpoints / "last.npz"
    with distribution.strategy(recipe.distribution.devices).scope():
        model = build_model(recipe, collection, distribution.precision(recipe.precision))
        progress = Progress()
        if last.exists():
            progress = read_progress(last)
            restore(last, model.variables)
        for phase in recipe.phases[progress.phase + (progress.epoch > 0) :]:
            check_start(run, phase.start_from.values())
        for index in range(progress.phase, len(recipe.phases)):
            phase = recipe.phases[index]
            if progress.epoch == 0:
                check_start(run, phase.start_from.values())
                _start_from(model, recipe, index)
            console.print(phases.headline(recipe, index, progress.epoch, phase.learns), soft_wrap=True)
            rows = _fit_phase(run, recipe, index, model, collection, progress, watching, macro_f1)
            progress = Progress(phase=index + 1, rows=len(rows))
            write(last, progress, model.variables)
    return model


def _fit_phase(
    run: Run,
    recipe: Recipe,
    index: int,
    model: JointAutoencoder,
    collection: Collection,
    progress: Progress,
    watching: Callable[[], Sequence[keras.callbacks.Callback]],
    macro_f1: bool,
) -> list[dict[str, Any]]:
    """Train the parts that the phase names, in place, and return the rows of the history so far."""
    phase, key = recipe.phases[index], f"phases.{index}"
    course = batch_size_stages(recipe, index, collection)
    plan = phases.schedule(phase, key, [stage.order.steps for stage in course for _ in stage.epochs])
    phases.freeze_all_but(model, phase.learns)
    with dtype_policy(model.dtype_policy):
        trained = with_heads(model, phase.heads, "uncertainty" if phase.balance == "uncertainty" else None)
    weights = loss_weights.schedules(recipe, index, model.input_shape[1:])
    trained.compile(
        optimizer=phases.optimizer(phase, key, plan),
        loss=phases.losses(recipe.loss, phase.heads, deviation(trained), collection.class_weights),
        # Variables, so that they change between epochs without compiling anew.
        loss_weights={term: keras.Variable(weight(0), trainable=False, name=term) for term, weight in weights.items()},
        metrics=phases.metrics(phase.heads, len(collection.class_names)) if macro_f1 else None,
        error_focus=phase.error_focus,
        pseudo_labels=phases.pseudo_labels(phase),
        jit_compile=distribution.jit_compile(recipe.jit_compile),
    )
    trained.optimizer.build(trained.trainable_variables)

    rows = read_rows(run, progress.rows)
    best = run.checkpoints / "best.npz"
    counted = phases.callbacks(phase, plan, best)
    state = [*model.variables, *trained.optimizer.variables]
    state += trained.uncertainty.variables if trained.uncertainty is not None else []
    checkpoint = Checkpoint(run.checkpoints / "last.npz", state, index, counted, rows)
    if progress.epoch:
        restore(checkpoint.path, state)
        checkpoint.progress = progress
        if phase.restore_best:
            read_arrays(best)  # what is wrong with it shows now, not at the end of the phase
    else:
        restart(model)
    # Epochs are numbered over all phases, so that no two of them draw the same order and augmentations.
    first = sum(earlier.epochs for earlier in recipe.phases[:index])
    targets = Targets(phase.heads, len(collection.class_names))
    stopped = progress.stopped
    for stage in course:
        begin, end = max(stage.epochs.start, progress.epoch), stage.epochs.stop
        if stopped or begin >= end:
            continue
        # Traced anew for each batch size, as it would be in a run that is resumed there.
        trained.train_function = None
        batches = functools.partial(
            training_dataset,
            stage.images,
            targets,
            stage.order,
            phases.transforms(phase.augment, f"{key}.augment"),
            phases.mixing(phase, key),
            phases.transforms(phase.corrupt, f"{key}.corrupt"),
            engine=recipe.data.augment_engine,
        )
        count = min(stage.order.steps, num_batches(stage.order.batch_size, collection.image_shape))
        trained.fit(
            batches(epochs=range(first + begin, first + end)),
            epochs=end,
            initial_epoch=begin,
            steps_per_epoch=stage.order.steps,
            validation_data=evaluation_dataset(collection.validation, targets, batch_size=stage.judged),
            callbacks=[
                *loss_weights.callbacks(
                    phase, weights, functools.partial(_first_images, stage.images, targets, stage.order)
                ),
                History(run, rows, recipe.phase_names[index], stage.order.size),
                MovingStatistics(batches(epochs=range(first, first + 1)).take(count)),
                *counted,
                keras.callbacks.TensorBoard(run.tensorboard / f"{index}-{_file_name(phase.name)}", write_graph=False),
                checkpoint,
                *watching(),
            ],
            shuffle=False,
            verbose=1 if sys.stdout.isatty() else 2,  # a bar is for eyes; a log file gets one line an epoch
        )
        stopped = trained.stop_training
    if phase.restore_best:
        trained.set_weights(read_arrays(best))
    return rows


def _first_images(train: ImageSet, targets: Targets, order: EpochOrder) -> tuple[Any, Any, Any]:
    """Return a phase's first images, as they are, with targets and weights: one batch, or more for want of labels."""
    for count in range(order.batch_size, min(order.size, MOST_BATCHES * order.batch_size) + 1, order.batch_size):
        chosen = order.at(0, np.arange(count))
        if (train.labels[chosen] >= 0).sum() >= FEWEST_LABELS:
            break
    return targets.element(tf.constant(train.load(chosen)), tf.constant(targets.rows(train.labels[chosen])))


def _start_from(model: JointAutoencoder, recipe: Recipe, index: int) -> None:
    """Give parts the weights of a saved run's parts."""
    phase, key = recipe.phases[index], f"phases.{index}"
    for part, folder in phase.start_from.items():
        if getattr(model, part) is None:
            raise RequestError(
                f"recipe: {key}.start_from.{part}",
                expected="a part that some phase trains, since no other is built",
                received=f"{part!r}",
                fix="leave it out",
            )
        other = Run.open(Path(folder))
        _check_apart(recipe.data, other, f"{key}.start_from.{part}")
        saved = getattr(load_trained(other, needs_rejection=False).model, part)
        own = getattr(model, part)
        shapes = [None if one is None else [tuple(weight.shape) for weight in one.weights] for one in (own, saved)]
        if shapes[1] is None or shapes[0] != shapes[1]:
            raise RequestError(
                f"recipe: {key}.start_from.{part}",
                expected=f"a run whose {part} has the shapes of this recipe's",
                received=f"{folder!r}, whose {part} {('is missing' if saved is None else 'has others')}",
            )
        own.set_weights(saved.get_weights())


def _check_apart(data: DataRecipe, other: Run, key: str) -> None:
    """Refuse a fold beside a saved run that has learned from the images which the fold is measured on."""
    known = other.recipe.data
    if data.fold is not None and known.source == data.source and known.fold != data.fold:
        raise RequestError(
            f"recipe: {key}",
            expected="a run that did not learn from the images which a fold is measured on",
            received=f"{str(other.path)!r}, of the same {data.source}",
            fix="compare over seeds, or train that part in a phase of this recipe",
        )


def _file_name(name: str) -> str:
    """Return a phase's name as a folder may be called."""
    return re.sub(r"[^\w.-]+", "-", name)[:50]
