"""A tiny task in a file, tiny recipes for it, and comparisons that run in this process."""

from __future__ import annotations

from pathlib import Path

import pytest
from bright_halves import write_task
from rich.console import Console

from kerasae.experiments.comparison import running, worker
from kerasae.experiments.comparison.plan import Job
from kerasae.workflows.begin import begin

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
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let runs take place in this process, where TensorFlow is up already, and draw no report; lists which did."""
    done: list[str] = []

    def run(job: Job, folder: Path, tell: object) -> str | None:
        done.append(job.words)
        if not job.run.recipe_file.is_file():
            job.run.path.mkdir(parents=True, exist_ok=True)
            begin(job.run, job.recipe, job.facts)
        worker.work(job.run, job.judgement)
        return None

    monkeypatch.setattr(running, "_run", run)
    monkeypatch.setattr("kerasae.tasks.joint.write_report", lambda run, model, collection: run.report.touch())
    return done


@pytest.fixture
def quiet() -> Console:
    return Console(quiet=True)
