"""A run directory: where one training keeps what it made. Every file is written whole or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasae.files.locks import alone, at_work
from kerasae.files.manifest import remind
from kerasae.files.reading import damaged, read_json
from kerasae.files.unfinished import remove_unfinished
from kerasae.recipe.loading import parse
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kerasae.recipe import Recipe

RUNS = Path("runs")


class Run:
    """The files of one run, by name."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.recipe_file = path / "recipe.json"
        self.environment = path / "environment.json"
        self.origins = path / "origins.json"
        self.learned = path / "learned.npz"
        self.data_facts = path / "data.json"
        self.quarantine = path / "quarantine.csv"
        self.history = path / "history.csv"
        self.checkpoints = path / "checkpoints"
        self.tensorboard = path / "tensorboard"
        self.samples = path / "samples"
        self.model = path / "model.keras"
        self.rejection = path / "rejection.keras"
        self.rejection_facts = path / "rejection.json"
        self.metrics = path / "metrics.json"
        self.predictions = path / "predictions.npz"
        self.figures = path / "figures"
        self.report = path / "report.html"
        self.generated = path / "generated"
        self.export = path / "export"
        self.saved_model = self.export / "saved_model.pb"

    def __fspath__(self) -> str:
        return str(self.path)

    @property
    def name(self) -> str:
        """Of its folder."""
        return self.path.resolve().name

    @property
    def recipe(self) -> Recipe:
        """The resolved recipe that the run was started with.

        Versions without `data.range` kept the upper 8 bits of images of 16: that is their range, if there were any.
        """
        tree = read_json(self.recipe_file, {})
        data = tree.get("data")
        if isinstance(data, dict) and "range" not in data and self.data_facts.exists():
            modes = read_json(self.data_facts, {}).get("modes", {})
            tree["data"] = data | ({"range": [0.0, 65535.0]} if any(mode.startswith("I") for mode in modes) else {})
        try:
            return parse(tree)
        except RequestError as error:
            raise damaged(self.recipe_file, str(error)) from None

    @property
    def facts(self) -> dict[str, Any]:
        """What the run keeps about its images."""
        facts: dict[str, Any] = read_json(self.data_facts, {"class_names": list, "counts": dict, "fingerprint": str})
        return facts

    @property
    def finished_epochs(self) -> int:
        """How many epochs its history holds, over all phases."""
        try:
            return max(0, self.history.read_bytes().count(b"\n") - 1)
        except OSError:
            return 0

    @contextlib.contextmanager
    def alone(self, doing: str) -> Iterator[None]:
        """Hold the run while this process writes into it, and remove what killed ones have left there.

        Args:
            doing: what this process does to the run, as in "exporting", for the others' messages.

        Raises:
            RequestError: another process holds it.
            OSError: the run cannot be written to.
        """
        with alone(self.path, doing, "run"):
            remove_unfinished(self.path)
            yield

    @classmethod
    def create(cls, path: Path | None, name: str) -> Run:
        """Make a new run directory: `path`, or the next free `runs/NAME-001`.

        Raises:
            RequestError: the directory exists already or cannot be made.
        """
        check_new(path)
        try:
            if path is not None:
                path.mkdir(parents=True)
                return cls(path)
            RUNS.mkdir(exist_ok=True)
            for number in range(1, 100_000):
                with contextlib.suppress(FileExistsError):
                    candidate = RUNS / f"{name}-{number:03d}"
                    candidate.mkdir()
                    return cls(candidate)
        except OSError as error:
            raise RequestError("--run", received=f"cannot make {error.filename}: {error.strerror}") from None
        raise RequestError("--run", expected=f"a free name below {RUNS}", received=f"{name!r}, used 100,000 times")

    @classmethod
    def open(cls, path: Path, *, trained: bool = True) -> Run:
        """Open an existing run.

        Raises:
            RequestError: no such directory, no recipe in it, or (if `trained`) no finished model.
        """
        run = cls(path)
        if not path.is_dir():
            raise RequestError(
                "run", expected="the directory of a run", received=f"{str(path)!r}, which does not exist"
            )
        if not run.recipe_file.is_file():
            raise RequestError("run", received=f"{path} holds no recipe.json, so it is not a run's directory")
        remind(path.resolve(), "run")
        if trained and not run.model.is_file():
            if (doing := at_work(path)) is not None:
                raise RequestError(
                    "run", expected="a finished run", received=f"one that another process is {doing}", fix="wait"
                )
            raise RequestError(
                "run",
                received=f"{path} holds no model.keras",
                fix=f"finish it with: kerasae train --run {path} --resume",
            )
        return run


def check_new(path: Path | None, option: str = "--run") -> None:
    """Refuse a directory that exists or whose place cannot be written to, before any work is done.

    Raises:
        RequestError: begins with `option`, which named the directory.
    """
    place = path if path is not None else RUNS
    if path is not None and path.exists():
        resumable = (path / "recipe.json").is_file()
        mend = "add --resume to go on with it, or give another name" if resumable else "give another name"
        raise RequestError(option, received=f"{path} exists already", fix=mend)
    while not place.exists():
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        raise RequestError(option, expected="a place that can be written to", received=f"{path or RUNS}, below {place}")
