"""A run: the directory of one training. Every file in it is written in one step."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from kerasae.files.locks import alone, at_work
from kerasae.files.manifest import remind
from kerasae.files.reading import damaged, read_json
from kerasae.files.unfinished import remove_unfinished
from kerasae.recipe.loading import parse
from kerasae.runs.data_facts import DataFacts
from kerasae.utils.errors import RequestError, in_a_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kerasae.recipe import Recipe

RUNS = Path("runs")


class RunFolder:
    """A run and the paths of its files.

    Args:
        path: of the directory.
    """

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
        self.last_checkpoint = self.checkpoints / "last.npz"
        self.best_weights = self.checkpoints / "best.npz"
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
        """The name of the directory."""
        return self.path.resolve().name

    @property
    def recipe(self) -> Recipe:
        """The resolved recipe that the run was started with.

        Versions without `data.range` used the upper 8 bits of 16-bit images: the recipe of a run with such images gets
        that range.

        Raises:
            RequestError: a file is missing, changed or damaged.
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
    def facts(self) -> DataFacts:
        """The facts about the images.

        Raises:
            RequestError: the file is missing, changed or damaged.
        """
        tree = read_json(self.data_facts, {"class_names": list, "counts": dict, "fingerprint": str})
        try:
            return DataFacts.from_json(tree)
        except ValueError as error:
            raise damaged(self.data_facts, in_a_line(error)) from None

    @property
    def finished_epochs(self) -> int:
        """The number of epochs in the history, over all phases."""
        try:
            return max(0, self.history.read_bytes().count(b"\n") - 1)
        except OSError:
            return 0

    @contextlib.contextmanager
    def alone(self, doing: str) -> Iterator[None]:
        """Lock the run while this process writes to it, and remove unfinished files of processes that were killed.

        Args:
            doing: what this process does to the run, such as "exporting", for the messages of other processes.

        Raises:
            RequestError: another process has locked it.
            OSError: the run cannot be written to.
        """
        with alone(self.path, doing, "run"):
            remove_unfinished(self.path)
            yield

    @classmethod
    def create(cls, path: Path | None, name: str) -> RunFolder:
        """Create the directory of a run: `path`, or the next free `runs/NAME-001`.

        Raises:
            RequestError: the directory exists already or cannot be created.
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
            raise RequestError(
                "--run",
                expected="a directory that can be created",
                received=f"{error.filename}: {error.strerror}",
            ) from None
        raise RequestError("--run", expected=f"a free name below {RUNS}", received=f"{name!r}, used 100,000 times")

    @classmethod
    def open(cls, path: Path, *, trained: bool = True) -> RunFolder:
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
            raise RequestError("run", expected="the directory of a run", received=f"{path}, which holds no recipe.json")
        remind(path.resolve(), "run")
        if trained and not run.model.is_file():
            if (doing := at_work(path)) is not None:
                raise RequestError(
                    "run", expected="a finished run", received=f"one that another process is {doing}", fix="wait"
                )
            raise RequestError(
                "run",
                expected="a finished run",
                received=f"{path}, which holds no model.keras",
                fix=f"finish it with: kerasae train --run {path} --resume",
            )
        return run


def check_new(path: Path | None, option: str = "--run") -> None:
    """Refuse a path that exists or cannot be written to, before any work is done.

    Args:
        path: of a directory or a file to create; None for the next run below `runs/`.
        option: that named the path.

    Raises:
        RequestError: begins with `option`.
    """
    parent = path if path is not None else RUNS
    if path is not None and path.exists():
        resumable = (path / "recipe.json").is_file()
        raise RequestError(
            option,
            expected="a path that does not exist yet",
            received=f"{path}, which exists already",
            fix="add --resume to go on with it, or give another name" if resumable else "give another name",
        )
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise RequestError(
            option, expected="a place that can be written to", received=f"{path or RUNS}, below {parent}"
        )
