"""Checkpoints of a whole training, from which an interrupted run resumes to the same result."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from kerasae.files.reading import damaged, read_npz
from kerasae.training.array_files import read_arrays, write_arrays
from kerasae.training.moving_statistics import is_count
from kerasae.utils.errors import in_a_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclasses.dataclass(frozen=True, slots=True)
class Progress:
    """How far a training has come.

    Attributes:
        phase: the index of the current phase.
        epoch: finished epochs of that phase.
        stopped: whether early stopping has ended the phase.
        rows: rows of the history.
        callbacks: the counters of the phase's callbacks, in their order.
    """

    phase: int = 0
    epoch: int = 0
    stopped: bool = False
    rows: int = 0
    callbacks: tuple[dict[str, Any], ...] = ()


def write(path: Path, progress: Progress, variables: Sequence[Any]) -> None:
    """Write progress and variables in one step.

    Counts of averaged steps are written apart, because checkpoints of earlier versions have none.
    """
    values, counts = (list(map(keras.ops.convert_to_numpy, group)) for group in _without_counts(variables))
    text = json.dumps(dataclasses.asdict(progress))
    write_arrays(path, values, progress=np.array(text), averaged_steps=np.array(counts, np.float32))


def read_progress(path: Path) -> Progress:
    """Read the progress of a checkpoint.

    Raises:
        RequestError: the file is missing, changed or damaged.
    """
    stored = read_npz(path, ["progress"])
    try:
        progress = json.loads(str(stored["progress"]))
        return Progress(**{**progress, "callbacks": tuple(progress["callbacks"])})
    except (ValueError, TypeError, KeyError) as error:
        raise damaged(path, in_a_line(error)) from None


def restore(path: Path, variables: Sequence[Any]) -> None:
    """Assign the arrays of a checkpoint to `variables`, which may be fewer (without those of the optimizer).

    Counts of averaged steps are left alone where the checkpoint has none.

    Raises:
        RequestError: the file is missing, changed or damaged, or holds the weights of another model.
    """
    plain, counts = _without_counts(variables)
    saved, saved_counts = read_arrays(path), read_npz(path).get("averaged_steps", ())
    shapes = [tuple(variable.shape) for variable in plain]
    if [array.shape for array in saved[: len(shapes)]] != shapes:
        raise damaged(path, "expected the weights of the recipe's model, found others")
    for group, values in ((plain, saved), (counts, saved_counts)):
        for variable, value in zip(group, values, strict=False):
            variable.assign(value)


def _without_counts(variables: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Return the variables without the counts of averaged steps, and these counts."""
    counts = [variable for variable in variables if is_count(variable)]
    return [variable for variable in variables if not is_count(variable)], counts
