"""What all tests share: two logical CPU devices, and one small run trained once."""

from __future__ import annotations

import os
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


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole run on the digits, of two epochs: trained, evaluated, reported, exported."""
    from kerasae.train import train

    path = tmp_path_factory.mktemp("runs") / "digits"
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
    return path


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    from rich.console import Console

    from kerasae import cli

    # Consoles that look for the standard streams anew at each print, as pytest puts its own in their place.
    for name in ("out", "err"):
        console = Console(stderr=name == "err", highlight=False, markup=False, emoji=False, width=200)
        monkeypatch.setattr(cli, name, console)
    return Typed(monkeypatch, capsys)
