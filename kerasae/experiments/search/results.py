"""Results of trials: `outcome.json` in each trial's folder, written before the algorithm is told.

A trial with a result is never run again.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from kerasae.files.reading import damaged, read_json
from kerasae.files.writing import write_json

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping
    from pathlib import Path

    from kerasae.experiments.search.objective import Objective
    from kerasae.experiments.search.parameters import ParameterValues

FILE = "outcome.json"
RESTORE = "put it back from a copy, or give another --name"  # how to fix a damaged file of a search


@dataclass(frozen=True, slots=True)
class Execution:
    """One run of a trial.

    Attributes:
        run_name: the run's folder, below the trial's.
        score: the objective; None if no epoch has a value.
        curve: the objective in each epoch, None in epochs without a value.
    """

    run_name: str
    score: float | None
    curve: tuple[float | None, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the entry of `executions` in `outcome.json`."""
        return {"name": self.run_name, "value": self.score, "course": list(self.curve)}

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> Execution:
        """Return an execution from an entry of `outcome.json`."""
        return cls(tree["name"], tree["value"], tuple(tree["course"]))


@dataclass(frozen=True, slots=True)
class TrialResult:
    """The result of a finished trial.

    Attributes:
        id: the trial's number, as keras-tuner writes it.
        values: the drawn value of each parameter.
        status: "completed"; "pruned" if the median rule stopped it; "failed" for `reason`.
        score: the objective, the mean over executions.
        epochs: trained epochs over all executions, without those of the trial that this one continues.
        seconds: training time of these epochs.
        parameters: parameters of the model.
        latency_ms: milliseconds per image, if the search limits the latency.
        metrics: logged validation values at the scored epoch, means over executions.
        continues: the trial whose checkpoint this one continues from (Hyperband).
    """

    id: str
    values: dict[str, Any]
    status: Literal["completed", "pruned", "failed"]
    reason: str | None = None
    score: float | None = None
    epochs: int = 0
    seconds: float = 0.0
    parameters: int | None = None
    latency_ms: float | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    executions: tuple[Execution, ...] = ()
    continues: str | None = None

    @classmethod
    def failed(cls, id: str, values: ParameterValues, reason: str) -> TrialResult:
        """Return the result of a trial that failed; line breaks of the reason become spaces."""
        return cls(id, dict(values), "failed", " ".join(reason.split()))

    def to_json(self) -> dict[str, Any]:
        """Return the content of `outcome.json`."""
        tree = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        tree["executions"] = [execution.to_json() for execution in self.executions]
        return {_JSON_KEYS.get(name, name): value for name, value in tree.items()}

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> TrialResult:
        """Return a result from the content of `outcome.json`.

        Raises:
            KeyError: an entry is missing.
            TypeError: an entry is unknown, or not of its type.
        """
        names = {key: name for name, key in _JSON_KEYS.items()}
        executions = tuple(map(Execution.from_json, tree["executions"]))
        return cls(**{**{names.get(key, key): value for key, value in tree.items()}, "executions": executions})

    def write(self, folder: Path) -> None:
        """Write `outcome.json` into the trial's folder."""
        write_json(folder / FILE, self.to_json())

    @classmethod
    def read(cls, folder: Path) -> TrialResult | None:
        """Read the result from a trial's folder; None if the trial is not finished.

        Raises:
            RequestError: the file is damaged.
        """
        path = folder / FILE
        if not path.is_file():
            return None
        tree = read_json(path, {"id": str, "values": dict, "status": str, "executions": list}, RESTORE)
        try:
            return cls.from_json(tree)
        except (KeyError, TypeError) as error:
            raise damaged(path, f"expected the result of a trial ({error})", RESTORE) from None


_JSON_KEYS = {"metrics": "measures"}  # where an attribute is not called as in `outcome.json`


def trial_folder(folder: Path, id: str) -> Path:
    """Return the folder of a trial, which keras-tuner names too."""
    return folder / f"trial_{id}"


def trial_ids(folder: Path) -> list[str]:
    """Return the ids of the trials in a search's folder, sorted.

    keras-tuner numbers its trials; folders with other names, such as a copy `trial_0000_backup`, are left out.
    """
    names = (re.fullmatch(r"trial_([0-9]+)", path.name) for path in folder.glob("trial_*") if path.is_dir())
    return sorted(name[1] for name in names if name is not None)


def read_results(folder: Path, skip: Container[str] = ()) -> list[TrialResult]:
    """Return the results of a search's finished trials by id, without the trials in `skip`."""
    results = (TrialResult.read(trial_folder(folder, id)) for id in trial_ids(folder) if id not in skip)
    return [result for result in results if result is not None]


def best_result(results: Iterable[TrialResult], objective: Objective) -> TrialResult | None:
    """Return the best completed trial, the first of equal ones; None if no trial was completed."""
    best: TrialResult | None = None
    for result in results:
        if result.status == "completed" and result.score is not None:
            is_better = best is None or best.score is None or objective.is_better(result.score, best.score)
            best = result if is_better else best
    return best
