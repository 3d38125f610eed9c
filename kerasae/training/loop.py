"""The training loop over the phases of a recipe, from the start or from a run's last checkpoint."""

from __future__ import annotations

import abc
import sys
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import keras
from rich.text import Text

from kerasae.files.writing import written_whole
from kerasae.runs.history import read_rows
from kerasae.training import distribution
from kerasae.training.array_files import read_arrays
from kerasae.training.callbacks import Checkpoint, HistoryWriter
from kerasae.training.checkpoint import Progress, read_progress, restore, write
from kerasae.utils.console import stderr_console

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import tensorflow as tf

    from kerasae.recipe import Phase, Recipe
    from kerasae.runs.folder import RunFolder
    from kerasae.runs.history import Row
    from kerasae.training.batches import BatchSizeStage
    from kerasae.training.phase_plan import PhasePlan

Model = TypeVar("Model", bound=keras.Model)


class CompiledPhase(abc.ABC):
    """A model that is compiled for a phase.

    Attributes:
        model: the model to call `fit` on.
        state: the variables that a checkpoint within the phase holds.
        counted: the callbacks whose counters a checkpoint holds.
        best: the file of the best weights, which the phase ends with; None to end with the last weights.
        log_name: the name of the TensorBoard folder of the phase.
    """

    model: keras.Model
    state: Sequence[Any]
    counted: Sequence[keras.callbacks.Callback] = ()
    best: Path | None = None
    log_name: str

    @abc.abstractmethod
    def dataset(self, stage: BatchSizeStage, epochs: range) -> tf.data.Dataset:
        """Return the training data of a stage; `epochs` are counted over all phases."""

    def validation_dataset(self, stage: BatchSizeStage) -> tf.data.Dataset | None:
        """Return the validation data of a stage, if there is any."""
        return None

    @abc.abstractmethod
    def callbacks_before_history(self, stage: BatchSizeStage) -> list[keras.callbacks.Callback]:
        """Return new callbacks that add values to the logs, which the history then has."""

    @abc.abstractmethod
    def callbacks_after_history(self, stage: BatchSizeStage) -> list[keras.callbacks.Callback]:
        """Return the other callbacks of a stage, `counted` among them."""


class ModelTraining(abc.ABC, Generic[Model]):
    """How one kind of model is trained: what the training loop asks where kinds of models differ."""

    @abc.abstractmethod
    def build(self, precision: str) -> Model:
        """Return the untrained model, its initial weights set by the seed of the recipe."""

    @abc.abstractmethod
    def variables(self, model: Model) -> list[Any]:
        """Return the variables that a checkpoint between two phases holds."""

    @abc.abstractmethod
    def trained_parts(self, phase: Phase) -> Sequence[str]:
        """Return the names of the parts that a phase trains."""

    def check_start(self, run: RunFolder, phases: Sequence[Phase]) -> None:
        """Refuse phases that start from a run which has changed since this run began."""

    def start_phase(self, run: RunFolder, model: Model, plan: PhasePlan) -> None:
        """Prepare a model for a phase that starts; not called where a phase is resumed."""

    @abc.abstractmethod
    def compile(self, run: RunFolder, model: Model, plan: PhasePlan) -> CompiledPhase:
        """Compile a model for a phase."""

    @abc.abstractmethod
    def copy_weights(self, model: Model, to: Model) -> None:
        """Copy the weights of a model to another one that differs in its precision alone."""


def train_and_save(run: RunFolder, recipe: Recipe, training: ModelTraining[Model], plans: Sequence[PhasePlan]) -> Model:
    """Train all phases, write `model.keras`, and return the trained model in float32; see `train_phases`."""
    model = train_phases(run, recipe, training, plans)
    # Saved in float32, whatever it was trained in: the same predictions on every machine and in the export.
    trained = training.build("float32")
    training.copy_weights(model, trained)
    with written_whole(run.model) as temporary:
        trained.save(temporary)
    return trained


def train_phases(
    run: RunFolder,
    recipe: Recipe,
    training: ModelTraining[Model],
    plans: Sequence[PhasePlan],
    extra_callbacks: Callable[[], Sequence[keras.callbacks.Callback]] = tuple,
) -> Model:
    """Train all phases of a recipe, and return the model in the precision that it was trained in.

    Resumes from the run's last checkpoint if there is one; the result is the same as without the interruption.

    Args:
        run: where history and checkpoints are written.
        recipe: the recipe.
        training: the kind of model.
        plans: the plan of each phase.
        extra_callbacks: returns further callbacks for each call of `fit`. They come after the checkpoint: where they
            raise after an epoch, the run can be resumed from there.

    Raises:
        RequestError: the model cannot be built for these images or devices, or a file of the run is damaged.
        DivergedError: a loss is no longer finite.
    """
    console = stderr_console()
    last = run.last_checkpoint
    with distribution.strategy(recipe.distribution.devices).scope():
        model = training.build(distribution.precision(recipe.precision))
        progress = Progress()
        if last.exists():
            progress = read_progress(last)
            restore(last, training.variables(model))
        training.check_start(run, recipe.phases[progress.phase + (progress.epoch > 0) :])
        for plan in plans[progress.phase :]:
            if progress.epoch == 0:
                training.start_phase(run, model, plan)
            parts = training.trained_parts(plan.phase)
            console.print(_headline(plan, len(plans), progress.epoch, parts), soft_wrap=True)
            rows = _train_phase(run, training.compile(run, model, plan), plan, progress, extra_callbacks)
            progress = Progress(phase=plan.index + 1, rows=len(rows))
            write(last, progress, training.variables(model))
    return model


def _train_phase(
    run: RunFolder,
    compiled: CompiledPhase,
    plan: PhasePlan,
    progress: Progress,
    extra_callbacks: Callable[[], Sequence[keras.callbacks.Callback]],
) -> list[Row]:
    """Train a phase in place, and return the rows of the history so far."""
    model, last = compiled.model, run.last_checkpoint
    rows = read_rows(run, progress.rows)
    resumed = progress if progress.epoch else None
    checkpoint = Checkpoint(last, compiled.state, plan.index, compiled.counted, rows, resumed)
    if resumed is not None:
        restore(last, compiled.state)
        if compiled.best is not None:
            read_arrays(compiled.best)  # a damaged file is reported now, not at the end of the phase
    stopped = progress.stopped
    for stage in plan.stages:
        begin, end = max(stage.epochs.start, progress.epoch), stage.epochs.stop
        if stopped or begin >= end:
            continue
        # Traced again for each stage, as it is in a run that is resumed there.
        model.train_function = None
        model.fit(
            compiled.dataset(stage, range(plan.first_epoch + begin, plan.first_epoch + end)),
            epochs=end,
            initial_epoch=begin,
            steps_per_epoch=stage.order.steps,
            validation_data=compiled.validation_dataset(stage),
            callbacks=[
                *compiled.callbacks_before_history(stage),
                HistoryWriter(run.history, rows, plan.name, stage.order.size),
                *compiled.callbacks_after_history(stage),
                keras.callbacks.TensorBoard(run.tensorboard / f"{plan.index}-{compiled.log_name}", write_graph=False),
                checkpoint,
                *extra_callbacks(),
            ],
            shuffle=False,
            verbose=1 if sys.stdout.isatty() else 2,  # a log file gets one line an epoch instead of a progress bar
        )
        stopped = model.stop_training
    if compiled.best is not None:
        model.set_weights(read_arrays(compiled.best))
    return rows


def _headline(plan: PhasePlan, num_phases: int, finished_epochs: int, parts: Sequence[str]) -> Text:
    """Return the line that announces a phase."""
    resumed = f", going on after epoch {finished_epochs}" if finished_epochs else ""
    epochs = f"{plan.phase.epochs} epoch{'s' * (plan.phase.epochs > 1)}{resumed}"
    return Text.assemble(
        f"Phase {plan.index + 1} of {num_phases}, ", (plan.phase.name, "bold"), f": {', '.join(parts)} for {epochs}"
    )
