"""The objective of a search: a logged metric of the validation images, or a weighted sum of several."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, takewhile
from typing import TYPE_CHECKING, Literal

import numpy as np

from kerasae.metrics import direction, finite_or_worst
from kerasae.recipe import HEADS, Phase, Recipe
from kerasae.training.callbacks import tie_break
from kerasae.training.phase_plan import monitor
from kerasae.utils.errors import RequestError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kerasae.runs.history import History

MACRO_F1 = "val_label_macro_f1"
# Short names of logged metrics.
ALIASES = {"accuracy": "label_accuracy", "macro_f1": "label_macro_f1", "mse": "reconstruction_loss"}


@dataclass(frozen=True)
class Objective:
    """A logged metric, or a weighted sum of metrics, in which those that should be small are subtracted.

    Attributes:
        weights: the weight of each metric by its column in `history.csv`; a single metric has weight 1.
    """

    weights: Mapping[str, float]

    @property
    def is_sum(self) -> bool:
        """Whether it is a weighted sum."""
        return len(self.weights) > 1

    @property
    def direction(self) -> Literal["min", "max"]:
        """Whether smaller or larger values are better; larger for a sum."""
        return "max" if self.is_sum else direction(next(iter(self.weights)))

    @property
    def name(self) -> str:
        """The metric's name, or the sum as a formula."""
        if not self.is_sum:
            return next(iter(self.weights))
        terms = (
            f"{'+' if direction(name) == 'max' else '-'} {weight:g} {name}" for name, weight in self.weights.items()
        )
        return " ".join(terms).removeprefix("+ ")

    @property
    def needs_macro_f1(self) -> bool:
        """Whether training must log the macro-F1."""
        return MACRO_F1 in self.weights

    def is_logged_by(self, phase: Phase) -> bool:
        """Return whether a phase logs all metrics: a head's metrics are logged in phases that train the head."""
        return all(head in phase.heads for head in HEADS for name in self.weights if name.startswith(f"val_{head}_"))

    def is_better(self, value: float, other: float) -> bool:
        """Return whether a value is strictly better than another."""
        return value > other if self.direction == "max" else value < other

    def curve(self, history: History) -> np.ndarray:
        """Return the objective in each epoch, float (epochs,); NaN in epochs that do not log all metrics."""
        missing = np.full(len(history), np.nan)
        columns = {name: history.columns.get(name, missing) for name in self.weights}
        if not self.is_sum:
            return next(iter(columns.values()))
        signed = [(1 if direction(name) == "max" else -1) * self.weights[name] * columns[name] for name in columns]
        return np.sum(signed, axis=0)

    def running_best(self, curve: np.ndarray) -> np.ndarray:
        """Return the best value up to each epoch, float (epochs,); NaN before the first value."""
        best = np.fmax if self.direction == "max" else np.fmin
        return best.accumulate(curve)

    def scored_epoch(self, history: History, recipe: Recipe) -> int | None:
        """Return the index of the epoch at which a run is scored; None if no epoch has a value.

        It is the epoch whose weights the run keeps, in the last phase with values: the best monitored epoch if the
        phase restores it, else the last one.
        """
        curve = self.curve(history)
        phases = [list(rows) for _, rows in groupby(range(len(history)), key=lambda row: history.phases[row])]
        epochs = next(([row for row in rows if np.isfinite(curve[row])] for rows in phases[::-1]
                       if np.isfinite(curve[rows]).any()), [])  # fmt: skip
        if not epochs:
            return None
        phase = recipe.phases[recipe.phase_names.index(history.phases[epochs[0]])]
        monitored = monitor(phase)
        if not phase.restore_best or monitored not in history.columns:
            return epochs[-1]
        if monitored in ("loss", "val_loss"):
            epochs = _with_final_weights(history, phase, epochs)
        sign = -1.0 if direction(monitored) == "max" else 1.0
        loss = history.columns[tie_break(monitored, history.columns)]
        value = history.columns[monitored]
        return min(
            epochs, key=lambda row: (finite_or_worst(float(sign * value[row])), finite_or_worst(float(loss[row])))
        )


def _with_final_weights(history: History, phase: Phase, epochs: list[int]) -> list[int]:
    """Return the last epochs whose loss has the final loss weights: losses with other weights do not compare."""
    learned = [f"{head}_weight" for head in HEADS] if phase.balance == "uncertainty" else []  # part of the model
    columns = [values for name, values in history.columns.items() if name.endswith("_weight") and name not in learned]
    last = epochs[-1]
    weights = [values for values in columns if np.isfinite(values[last])]
    return list(takewhile(lambda row: all(values[row] == values[last] for values in weights), epochs[::-1]))[::-1]


def objective_of(recipe: Recipe) -> Objective:
    """Return the objective of a recipe's search; by default validation accuracy, or else reconstruction loss.

    Raises:
        RequestError: a metric that the recipe's training does not log, or metrics that no phase logs together.
    """
    heads = recipe.heads
    logged = [
        *(["val_label_accuracy", MACRO_F1, "val_label_loss"] if "label" in heads else []),
        *(["val_reconstruction_loss"] if "reconstruction" in heads else []),
        *(["val_kl_divergence"] if recipe.model.variational is not None else []),
        "val_loss",
    ]
    requested = recipe.search.objective if recipe.search is not None else None
    if requested is None:
        requested = logged[0]
    weights: dict[str, float] = {}
    for name, weight in ({requested: 1.0} if isinstance(requested, str) else requested).items():
        metric = _full_name(name)
        if metric not in logged:
            raise RequestError(
                "search.objective",
                expected=f"{', '.join(logged)}, or a table of weights of some of them",
                received=f"{name!r}.{nearest(name, logged)}",
            )
        if metric in weights:
            raise RequestError(
                "search.objective", expected="every metric once", received=f"{metric} twice", fix="add the weights"
            )
        weights[metric] = weight
    objective = Objective(weights if len(weights) > 1 else dict.fromkeys(weights, 1.0))
    if not any(objective.is_logged_by(phase) for phase in recipe.phases):
        raise RequestError(
            "search.objective",
            expected="values that one phase logs together",
            received=f"{', '.join(objective.weights)}",
            fix="choose one of them, or train both heads in a phase",
        )
    return objective


def _full_name(name: str) -> str:
    """Return the column of `history.csv` that a user means, such as `val_label_accuracy` for "accuracy"."""
    metric = name.removeprefix("val_")
    return f"val_{ALIASES.get(metric, metric)}"
