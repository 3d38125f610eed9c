"""Which epoch is best, and when training stops, where a value is not finite."""

from pathlib import Path

import keras
import numpy as np
import pytest

from kerasae.optimizers.schedules import Plan
from kerasae.recipe import EarlyStopping, Phase
from kerasae.training import BestWeights
from kerasae.training.array_files import read_arrays
from kerasae.training.phase_plan import counted_callbacks

NAN, INF = float("nan"), float("inf")


class Numbered:
    """Stands for a model whose weights are the number of the epoch."""

    def __init__(self) -> None:
        self.epoch = 0
        self.term_weights: dict[str, float] = {}
        self.stop_training = False

    def get_weights(self) -> list[np.ndarray]:
        return [np.array(self.epoch)]


@pytest.mark.parametrize(
    ("monitor", "values", "losses", "best"),
    [
        ("val_loss", [NAN, 0.5, 0.3, 0.1], None, 3),
        ("val_loss", [-INF, 0.5, NAN, 0.4], None, 3),
        ("val_label_accuracy", [NAN, 0.5, 0.3, NAN], [1.0] * 4, 1),
        ("val_label_accuracy", [INF, 0.5, 0.6, 0.3], [1.0] * 4, 2),
        ("val_label_accuracy", [0.5, 0.5, 0.5, 0.5], [NAN, 2.0, 1.0, NAN], 2),
        ("val_loss", [NAN, NAN, NAN, NAN], None, 0),  # something has to be kept
    ],
)
def test_a_value_that_is_not_finite_is_worst(
    monitor: str, values: list[float], losses: list[float] | None, best: int, tmp_path: Path
) -> None:
    model = Numbered()
    kept = BestWeights(tmp_path / "best.npz", monitor)
    kept.set_model(model)
    for model.epoch, (value, loss) in enumerate(zip(values, losses or values, strict=True)):
        kept.on_epoch_end(model.epoch, {"val_loss": loss, monitor: value})
    assert kept.best_epoch == best
    assert read_arrays(tmp_path / "best.npz") == [np.array(best)]


@pytest.mark.parametrize("first", [NAN, -INF])
def test_early_stopping_does_not_wait_for_what_betters_nan(first: float, tmp_path: Path) -> None:
    phase = Phase(monitor="val_loss", early_stopping=EarlyStopping(patience=2))
    stopping = counted_callbacks(phase, Plan(0.1), tmp_path / "best.npz")[-1]
    assert isinstance(stopping, keras.callbacks.EarlyStopping)
    model = Numbered()
    stopping.set_model(model)
    stopping.on_train_begin()
    for epoch, value in enumerate([first, 0.5, 0.4, 0.3, 0.2]):
        stopping.on_epoch_end(epoch, {"val_loss": value})
    assert (stopping.best, model.stop_training) == (0.2, False)
