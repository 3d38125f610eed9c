"""keras-tuner's trials, and the JSON files that keep its state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras_tuner.engine.trial import Trial

from kerasae.experiments.search.algorithm import TrialSpec
from kerasae.experiments.search.kerastuner.hyperparameters import drawn_values, notes
from kerasae.experiments.search.results import RESTORE, trial_folder
from kerasae.files.reading import damaged, read_json
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from pathlib import Path

    from kerasae.experiments.search.space import Space


def trial_spec(trial: Trial, space: Space) -> TrialSpec:
    """Return a trial of keras-tuner with decoded values, and Hyperband's notes on it."""
    hyperband = notes(trial)
    return TrialSpec(
        trial.trial_id, drawn_values(trial, space), hyperband.get("tuner/epochs"), hyperband.get("tuner/trial_id")
    )


def read_trial_spec(folder: Path, id: str, space: Space) -> TrialSpec:
    """Read a trial as the chief has written it: gRPC rounds numbers, and drops the types of choices.

    Raises:
        RequestError: its file is missing or damaged.
    """
    return trial_spec(read_trial(trial_folder(folder, id)), space)


def read_trial(folder: Path) -> Trial:
    """Read a trial of keras-tuner from its folder.

    Raises:
        RequestError: its file is missing or damaged.
    """
    path = folder / "trial.json"
    state = read_state(path)
    try:
        return Trial.from_state(state)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise damaged(path, f"expected a trial ({error!r})", RESTORE) from None


def read_state(path: Path) -> dict[str, Any]:
    """Read a JSON object of keras-tuner's state.

    Raises:
        RequestError: the file is missing or damaged.
    """
    if not path.is_file():
        raise RequestError("tune", expected=f"the file {path}", received="none", fix=RESTORE)
    state: dict[str, Any] = read_json(path, {}, RESTORE)
    return state
