"""What all tests share: two logical CPU devices, and one small run trained once."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import hypothesis
import pytest
import tensorflow as tf
from command_line import Typed

# A busy machine is no reason to fail; and on CI a change is judged by the same examples as the one before it.
hypothesis.settings.register_profile("kerasae", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("kerasae")

# Before anything else uses the CPU: the tests of mirrored training need two devices in this one process.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)


@pytest.fixture(scope="session", autouse=True)
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where tests and their child processes remember which plugins are trusted."""
    with pytest.MonkeyPatch.context() as patched:
        folder = tmp_path_factory.mktemp("config")
        patched.setenv("XDG_CONFIG_HOME", str(folder))
        yield folder


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole run on the digits, of two epochs: trained, evaluated, reported, exported.

    It is trained once for all processes of the tests; each has a copy of its own.
    """
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    with (shared / "digits.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "digits").is_dir():
            _train_digits(shared / "unfinished")
            (shared / "unfinished").rename(shared / "digits")
    path = tmp_path_factory.mktemp("runs") / "digits"
    shutil.copytree(shared / "digits", path)
    return path


def _train_digits(path: Path) -> None:
    from kerasae.workflows.train import train

    train(
        "digits-joint",
        run=path,
        overrides=[
            "phases.0.epochs=2",
            "phases.0.schedule=constant",
            "model.encoder.filters=[8, 16]",
            "evaluation.variants.negative=['invert']",
        ],
    )


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    from kerasae.cli.app import stderr_console, stdout_console

    for console in (stdout_console, stderr_console):
        monkeypatch.setattr(console, "width", 200)
    return Typed(monkeypatch, capsys)
