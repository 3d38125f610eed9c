"""A tiny task in a file, tiny recipes for it, and comparisons that run in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from bright_halves import write_task
from rich.console import Console

from kerasae.experiments.jobs import InlineRunner, Job, ProcessRunner

TINY = """
title = "{title}"
precision = "float32"
[data]
source = "task.npz"
validation = 0.25
[model]
encoder = {{ name = "baseline", filters = [4, 4] }}
classifier = {{ name = "baseline", filters = [8], dense = [] }}
[[phases]]
learns = {learns}
epochs = 2
batch_size = 8
optimizer = {{ name = "adam", learning_rate = {rate} }}
"""


@pytest.fixture
def task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in: task.npz, bright on the left or on the right, and recipes fast, slow, rebuilds, names."""
    monkeypatch.chdir(tmp_path)
    write_task(Path("task.npz"))
    for name, rate, learns in (
        ("fast", 0.01, ["encoder", "decoder", "classifier"]),
        ("slow", 0.001, ["encoder", "decoder", "classifier"]),
        ("rebuilds", 0.01, ["encoder", "decoder"]),
        ("names", 0.01, ["encoder", "classifier"]),
    ):
        Path(f"{name}.toml").write_text(TINY.format(title=name, rate=rate, learns=learns))
    return tmp_path


@pytest.fixture
def failures() -> dict[str, str]:
    """Why the runs of a recipe shall fail, by recipe; a test fills it."""
    return {}


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch, failures: dict[str, str]) -> list[str]:
    """Let runs take place in this process, where TensorFlow is loaded, without reports; lists the runs."""
    done: list[str] = []

    class RecordingRunner(ProcessRunner):
        def run(self, job: Job, *arguments: Callable[[int], object]) -> str | None:
            if job.group in failures:
                return failures[job.group]
            done.append(job.title)
            failure = InlineRunner(self.work).run(job, *arguments)
            assert failure is None, failure
            return failure

    monkeypatch.setattr("kerasae.experiments.comparison.compare.ProcessRunner", RecordingRunner)
    monkeypatch.setattr("kerasae.tasks.joint.write_report", lambda run, model, collection: run.report.touch())
    return done


@pytest.fixture
def quiet() -> Console:
    return Console(quiet=True)
