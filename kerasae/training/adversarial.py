"""Adversarial training: the phases of a recipe in turn, from the start or from where a killed run left off."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from kerasae.data.images import spread
from kerasae.files.writing import written_whole
from kerasae.models import AdversarialModel, build_adversarial, check_adversarial
from kerasae.models.adversarial import check_backend
from kerasae.optimizers import OPTIMIZERS
from kerasae.training import distribution
from kerasae.training import phase as phases
from kerasae.training.adversarial_data import adversarial_dataset, adversarial_stages, fixed_noise
from kerasae.training.callbacks import StopOnNaN
from kerasae.training.checkpoint import Checkpoint, Progress, read_progress, restore, write
from kerasae.training.collapse import Collapse, diversity
from kerasae.training.history import History, read_rows
from kerasae.training.sample_grid import Sheets
from kerasae.utils.console import stderr_console
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from rich.console import Console

    from kerasae.data.collection import Collection
    from kerasae.optimizers.schedules import Plan
    from kerasae.recipe import Phase, Recipe
    from kerasae.runs.run import Run

ON_A_SHEET = 10  # samples of each class
WATCHED = 20  # samples of each class whose diversity is measured
MOST_CLASSES = 20
MOST_REAL = 2_000
PARTS = ("generator", "discriminator")
LOSSES = tuple(f"{part}_loss" for part in PARTS)


def check(recipe: Recipe) -> None:
    """Refuse names and options that do not exist, and a backend that cannot train, before data is read.

    Raises:
        RequestError: one line that begins with the place in the recipe.
    """
    assert recipe.model.adversarial is not None
    check_backend()
    check_adversarial(recipe.model.adversarial)
    for index, phase in enumerate(recipe.phases):
        key = f"phases.{index}"
        phases.check(phase, key)
        for one, where in ((phase, f"{key}.optimizer"), (_discriminators(phase), f"{key}.discriminator.optimizer")):
            OPTIMIZERS.check(one.optimizer, where)
            if phases.schedule(one, key, [1] * phase.epochs).callbacks:
                raise RequestError(
                    f"recipe: {key}.schedule",
                    expected=(
                        "constant, step or cosine beside model.adversarial, where no loss says how far training is"
                    ),
                    received=f"{phase.schedule.name!r}",
                )


def build_model(recipe: Recipe, collection: Collection, precision: str) -> AdversarialModel:
    """Build the untrained model of a recipe for the images at hand, its initial weights set by the recipe's seed."""
    keras.utils.set_random_seed(recipe.seed)
    return build_adversarial(recipe.model, collection.image_shape, len(collection.class_names), precision)


def check_fit(recipe: Recipe, collection: Collection) -> None:
    """Refuse images and batches that do not fit, before a run is made.

    Raises:
        RequestError: what `fit` would say.
    """
    build_model(recipe, collection, "float32")
    for index in range(len(recipe.phases)):
        adversarial_stages(recipe, index, collection.train)


def fit(run: Run, recipe: Recipe, collection: Collection) -> AdversarialModel:
    """Train every phase of `recipe`, write `model.keras`, and return the trained model in float32.

    The last epoch's weights are kept: no loss says which epoch was best. Goes on from the run's last checkpoint if
    there is one; the result is the same as without the interruption.

    Raises:
        RequestError: the model cannot be built for these images or devices, or the backend is not TensorFlow.
        DivergedError: a loss is no longer a number.
    """
    console = stderr_console()
    last = run.checkpoints / "last.npz"
    with distribution.strategy(recipe.distribution.devices).scope():
        model = build_model(recipe, collection, distribution.precision(recipe.precision))
        progress = Progress()
        if last.exists():
            progress = read_progress(last)
            restore(last, _variables(model))
        for index in range(progress.phase, len(recipe.phases)):
            rows = _fit_phase(run, recipe, index, model, collection, progress, console)
            progress = Progress(phase=index + 1, rows=len(rows))
            write(last, progress, _variables(model))
    trained = build_model(recipe, collection, "float32")
    for part in PARTS:
        getattr(trained, part).set_weights(getattr(model, part).get_weights())
    with written_whole(run.model) as temporary:
        trained.save(temporary)
    return trained


def _fit_phase(
    run: Run,
    recipe: Recipe,
    index: int,
    model: AdversarialModel,
    collection: Collection,
    progress: Progress,
    console: Console,
) -> list[dict[str, Any]]:
    """Train in place, and return the rows of the history so far."""
    phase, key, train = recipe.phases[index], f"phases.{index}", collection.train
    console.print(phases.headline(recipe, index, progress.epoch, PARTS), soft_wrap=True)
    course = adversarial_stages(recipe, index, train)
    steps = [stage.order.steps for stage in course for _ in stage.epochs]
    turns = [stage.turns for stage in course for _ in stage.epochs]
    theirs = _discriminators(phase)
    plans: list[tuple[Phase, Plan]] = [
        (phase, phases.schedule(phase, key, steps)),
        (theirs, phases.schedule(theirs, key, [one * turn for one, turn in zip(steps, turns, strict=True)])),
    ]
    optimizers = [phases.optimizer(one, key, plan) for one, plan in plans]
    model.compile(*optimizers, jit_compile=distribution.jit_compile(recipe.jit_compile))

    rows = read_rows(run, progress.rows)
    state = [*_variables(model), *(variable for one in optimizers for variable in one.variables)]
    checkpoint = Checkpoint(run.checkpoints / "last.npz", state, index, (), rows)
    if progress.epoch:
        restore(checkpoint.path, state)
        checkpoint.progress = progress
    # Epochs are numbered over all phases, so that no two of them draw the same order and noise.
    first = sum(earlier.epochs for earlier in recipe.phases[:index])
    fixed = functools.partial(fixed_noise, recipe.seed, model.noise_dim, model.num_classes, most_classes=MOST_CLASSES)
    for stage in course:
        begin, end = max(stage.epochs.start, progress.epoch), stage.epochs.stop
        if begin >= end:
            continue
        # Traced anew for each number of turns, as it would be in a run that is resumed there.
        model.train_function = None
        model.fit(
            adversarial_dataset(
                collection,
                stage,
                phases.transforms(phase.augment, f"{key}.augment"),
                epochs=range(first + begin, first + end),
                noise_dim=model.noise_dim,
                num_classes=model.num_classes,
                engine=recipe.data.augment_engine,
            ),
            epochs=end,
            initial_epoch=begin,
            steps_per_epoch=stage.order.steps,
            callbacks=[
                Collapse(*fixed(WATCHED), _real_diversity(collection, model.num_classes), console),
                History(run, rows, recipe.phase_names[index], stage.order.size),
                StopOnNaN(phase.name, LOSSES),
                Sheets(run.samples, _sheet_epochs(recipe), first, *fixed(ON_A_SHEET), ON_A_SHEET),
                keras.callbacks.TensorBoard(run.tensorboard / f"{index}-adversarial", write_graph=False),
                checkpoint,
            ],
            shuffle=False,
            verbose=1 if sys.stdout.isatty() else 2,
        )
    return rows


def _variables(model: AdversarialModel) -> list[Any]:
    """Return the weights of both parts and the seeds of their dropout; to the model's own Keras adds its counters."""
    return [*model.generator.variables, *model.discriminator.variables]


def _discriminators(phase: Phase) -> Phase:
    """Return the phase with the optimizer of the discriminator."""
    own = phase.discriminator.optimizer if phase.discriminator is not None else None
    return phase if own is None else phase.model_copy(update={"optimizer": own})


def _sheet_epochs(recipe: Recipe) -> list[int]:
    """Return the epochs, counted from 1, after which samples are drawn: the first, every few, and the last."""
    assert recipe.model.adversarial is not None
    total, every = sum(phase.epochs for phase in recipe.phases), recipe.model.adversarial.sheet_every
    return sorted({1, total, *range(every, total, every)})


def _real_diversity(collection: Collection, num_classes: int) -> float:
    """Return that of training images, of a class each where the model knows classes."""
    train = collection.train
    chosen = spread(len(train), MOST_REAL)
    labels = train.labels[chosen] if num_classes else np.zeros(len(chosen), np.int64)
    labelled = labels >= 0
    images = train.load(chosen[labelled])
    return diversity(images.reshape(len(images), -1).astype(np.float32) / 255.0, labels[labelled]) or 1.0
