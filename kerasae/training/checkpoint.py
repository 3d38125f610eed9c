"""A checkpoint of the whole training, so that a killed run goes on as if nothing had happened."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from kerasae.files.reading import damaged, read_npz
from kerasae.training.callbacks import read_arrays, write_arrays
from kerasae.training.moving_statistics import is_count
from kerasae.utils.errors import in_a_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# What Keras' and our callbacks count between epochs; Keras' own backup forgets it.
CALLBACK_STATE = ("wait", "best", "best_epoch", "judged_by", "stopped_epoch", "cooldown_counter")


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far training has come.

    Attributes:
        phase: the index of the phase that is under way.
        epoch: finished epochs of that phase.
        stopped: whether the phase has been stopped early.
        rows: rows of the history.
        callbacks: the counters of the phase's callbacks.
    """

    phase: int = 0
    epoch: int = 0
    stopped: bool = False
    rows: int = 0
    callbacks: tuple[dict[str, Any], ...] = ()


class Checkpoint(keras.callbacks.Callback):
    """Writes model, optimizer, seeds and counters after each epoch; must be the last callback.

    Args:
        path: the .npz file.
        state: the variables of the model with every part, of the optimizer, and whatever else training changes.
        phase: the phase's index.
        others: the phase's callbacks, whose counters are kept.
        rows: the history's rows, which are counted.
    """

    def __init__(
        self,
        path: Path,
        state: Sequence[Any],
        phase: int,
        others: Sequence[keras.callbacks.Callback],
        rows: Sequence[Any],
    ) -> None:
        super().__init__()
        self.path = path
        self.state = state
        self.phase = phase
        self.others = others
        self.rows = rows
        self.progress: Progress | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Give the callbacks their counters back, which they reset at each call of `fit`."""
        if self.progress is not None:
            for callback, state in zip(self.others, self.progress.callbacks, strict=True):
                for name, value in state.items():
                    setattr(callback, name, tuple(value) if isinstance(value, list) else value)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write the checkpoint."""
        counters = tuple(
            {name: _plain(vars(callback)[name]) for name in CALLBACK_STATE if name in vars(callback)}
            for callback in self.others
        )
        self.progress = Progress(self.phase, epoch + 1, bool(self.model.stop_training), len(self.rows), counters)
        write(self.path, self.progress, self.state)


def write(path: Path, progress: Progress, variables: Sequence[Any]) -> None:
    """Write progress and variables, whole or not at all; counts of averaged steps apart, which older files lack."""
    plain, counts = (list(map(keras.ops.convert_to_numpy, some)) for some in _divided(variables))
    text = json.dumps(dataclasses.asdict(progress))
    write_arrays(path, plain, progress=np.array(text), averaged_steps=np.array(counts, np.float32))


def read_progress(path: Path) -> Progress:
    """Read how far a checkpoint has come."""
    stored = read_npz(path, ["progress"])
    try:
        progress = json.loads(str(stored["progress"]))
        return Progress(**{**progress, "callbacks": tuple(progress["callbacks"])})
    except (ValueError, TypeError, KeyError) as error:
        raise damaged(path, in_a_line(error)) from None


def restore(path: Path, variables: Sequence[Any]) -> None:
    """Assign a checkpoint's arrays to `variables`, of which there may be fewer (the optimizer's left out).

    Counts of averaged steps, which older files lack, stay as they are then.
    """
    plain, counts = _divided(variables)
    saved, saved_counts = read_arrays(path), read_npz(path).get("averaged_steps", ())
    shapes = [tuple(variable.shape) for variable in plain]
    if [array.shape for array in saved[: len(shapes)]] != shapes:
        raise damaged(path, "expected the weights of the recipe's model, found others")
    for some, values in ((plain, saved), (counts, saved_counts)):
        for variable, value in zip(some, values, strict=False):
            variable.assign(value)


def _divided(variables: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Return the variables but for counts of averaged steps, and those."""
    counts = [variable for variable in variables if is_count(variable)]
    return [variable for variable in variables if not is_count(variable)], counts


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
