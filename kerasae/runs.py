"""A run directory: where one training keeps what it made. Every file is written whole or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kerasae.errors import RequestError
from kerasae.recipe import Recipe
from kerasae.recipe_file import parse

RUNS = Path("runs")


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; on success it takes `path`'s place (a file or a folder), else it goes.

    The temporary name keeps the suffix, because writers choose their format by it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    aside = path.with_name(f".{path.stem}.{os.getpid()}.old")
    try:
        yield temporary
        if path.is_dir():  # a folder cannot be replaced in one move: the old one steps aside first
            path.replace(aside)
        temporary.replace(path)
    except OSError as error:
        if error.errno and error.filename in (None, str(temporary)):  # a failed write does not say of which file
            error.filename = str(path)
        raise
    finally:
        if aside.exists() and not path.exists():
            aside.replace(path)
        for left in (temporary, aside):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def remove_unfinished(folder: Path, *, others: bool = True) -> None:
    """Remove the temporary files and folders of `written_whole` that a killed process has left below `folder`.

    Args:
        others: whether what a process that still runs is writing goes too: only where no other can be at work here.
    """
    for path in list(folder.rglob(".*")):
        left = re.fullmatch(r"\..+\.(\d+)(\.\w+)?", path.name)
        if left is None or (not others and _runs(int(left[1]))):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except PermissionError:
        return True  # another user's
    except (ProcessLookupError, OverflowError):
        return False
    return True


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write readable JSON whole or not at all; NaN is refused, since no other reader takes it."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file of a run.

    Raises:
        RequestError: the file is missing or no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RequestError(f"run: {path.parent} lacks {path.name}; put it back or train a new run") from None
    except ValueError:
        raise RequestError(f"run: {path} is damaged; put it back or train a new run") from None


@contextlib.contextmanager
def alone(folder: Path, busy: str) -> Iterator[None]:
    """Hold a folder for this process alone; the lock ends with the process.

    Raises:
        RequestError: another process holds it; `busy` says so.
    """
    with (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RequestError(busy) from None
        yield


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
        self.metrics = path / "metrics.json"
        self.predictions = path / "predictions.npz"
        self.figures = path / "figures"
        self.report = path / "report.html"
        self.generated = path / "generated"
        self.export = path / "export"

    def __fspath__(self) -> str:
        return str(self.path)

    @property
    def name(self) -> str:
        """Of its folder."""
        return self.path.resolve().name

    @property
    def recipe(self) -> Recipe:
        """The resolved recipe that the run was started with."""
        return parse(read_json(self.recipe_file))

    @property
    def finished_epochs(self) -> int:
        """How many epochs its history holds, over all phases."""
        try:
            return max(0, self.history.read_bytes().count(b"\n") - 1)
        except OSError:
            return 0

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
            raise RequestError(f"--run: cannot make {error.filename}: {error.strerror}") from None
        raise RequestError(f"--run: expected a free name below {RUNS}. Received: {name!r}, used 100,000 times")

    @classmethod
    def open(cls, path: Path, *, trained: bool = True) -> Run:
        """Open an existing run.

        Raises:
            RequestError: no such directory, no recipe in it, or (if `trained`) no finished model.
        """
        run = cls(path)
        if not path.is_dir():
            raise RequestError(f"run: expected the directory of a run. Received: {str(path)!r}, which does not exist")
        if not run.recipe_file.is_file():
            raise RequestError(f"run: {path} holds no recipe.json, so it is not a run's directory")
        if trained and not run.model.is_file():
            raise RequestError(f"run: {path} holds no model.keras; finish it with: kerasae train --run {path} --resume")
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
        raise RequestError(f"{option}: {path} exists already; {mend}")
    while not place.exists():
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        raise RequestError(
            f"{option}: expected a place that can be written to. Received: {path or RUNS}, below {place}"
        )
