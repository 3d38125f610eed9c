"""What came of a trial, in its own folder: written before the algorithm hears of it, so that nothing is done twice."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import io
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from kerasae.files.reading import read_json
from kerasae.files.writing import write_json
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence
    from pathlib import Path

FIRST_COLUMNS = ("id", "status", "score", "epochs", "seconds", "parameters", "latency_ms")


@dataclass(frozen=True)
class Execution:
    """One run of a trial.

    Attributes:
        name: the run's folder, below the trial's.
        value: the objective, None where no epoch had one.
        course: the objective in each epoch, None in those that have none.
    """

    name: str
    value: float | None
    course: list[float | None]


@dataclass(frozen=True)
class Outcome:
    """A finished trial.

    Attributes:
        values: what was drawn, by parameter.
        status: "completed"; "pruned", stopped by the median rule; or "failed", for `reason`.
        score: the objective, the mean over executions.
        epochs, seconds: over all executions; what an earlier trial trained that this one goes on from is not counted.
        measures: logged validation values at the epoch that counts, means over executions.
        continues: the trial that this one goes on from.
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
    measures: dict[str, float] = field(default_factory=dict)
    executions: Sequence[Execution] = ()
    continues: str | None = None

    @classmethod
    def failed(cls, id: str, values: Mapping[str, Any], reason: str, **more: Any) -> Outcome:
        """Return the outcome of a trial that came to nothing."""
        return cls(id, dict(values), "failed", " ".join(reason.split()), **more)

    def write(self, folder: Path) -> None:
        """Keep it in the trial's folder, whole."""
        write_json(folder / "outcome.json", dataclasses.asdict(self))

    @classmethod
    def read(cls, folder: Path) -> Outcome | None:
        """Read it from a trial's folder; None where the trial is not finished."""
        if not (folder / "outcome.json").is_file():
            return None
        found = read_json(folder / "outcome.json")
        return cls(**{**found, "executions": [Execution(**one) for one in found["executions"]]})


def trial_folder(folder: Path, id: str) -> Path:
    """Return where a trial lies, as keras-tuner names it."""
    return folder / f"trial_{id}"


def trial_ids(folder: Path) -> list[str]:
    """Return the ids of the trials in a search's folder, in order.

    keras-tuner numbers them; what has another name, as a copy `trial_0000_backup`, is none.
    """
    names = (re.fullmatch(r"trial_([0-9]+)", path.name) for path in folder.glob("trial_*") if path.is_dir())
    return sorted(name[1] for name in names if name is not None)


def outcomes(folder: Path, known: Container[str] = ()) -> list[Outcome]:
    """Return the finished trials of a search, by id, but for those that are `known`."""
    found = (Outcome.read(trial_folder(folder, id)) for id in trial_ids(folder) if id not in known)
    return [one for one in found if one is not None]


def read_state(path: Path) -> dict[str, Any]:
    """Read what keras-tuner keeps of a search or a trial.

    Raises:
        RequestError: the file is missing or damaged.
    """
    with contextlib.suppress(OSError, ValueError):
        state = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(state, dict):
            return state
    raise damaged(path)


def damaged(path: Path) -> RequestError:
    """Return the error that says so of a file of a search."""
    return RequestError(
        "tune", received=f"{path} is missing or damaged", fix="put it back from a copy, or give another --name"
    )


def to_csv(found: Iterable[Outcome], parameters: Sequence[str]) -> str:
    """Return one row a finished trial: what it came to, its logged values, what was drawn, and why it failed, if so."""
    rows = []
    for one in found:
        drawn = {name: _plain(one.values[name]) for name in parameters if name in one.values}
        first = {name: getattr(one, name) for name in FIRST_COLUMNS}
        rows.append({**first, **one.measures, **drawn, "continues": one.continues, "reason": one.reason})
    measures = dict.fromkeys(name for row in rows for name in row if name.startswith("val_"))
    columns = [*FIRST_COLUMNS, *measures, *parameters, "continues", "reason"]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | dict | bool) else value
