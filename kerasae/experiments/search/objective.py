"""What a search is after: a logged value of the validation images, or a weighted sum of several."""

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
# What people call them.
SHORT = {"accuracy": "label_accuracy", "macro_f1": "label_macro_f1", "mse": "reconstruction_loss"}


@dataclass(frozen=True)
class Objective:
    """Logged names with their weights; what should be small is subtracted where there are several.

    Attributes:
        weights: by name of a column of the history; a single one has weight 1.
    """

    weights: Mapping[str, float]

    @property
    def is_sum(self) -> bool:
        """Whether it is a weighted sum."""
        return len(self.weights) > 1

    @property
    def direction(self) -> Literal["min", "max"]:
        """Whether it is to be small or large: as its name says, and a sum large."""
        return "max" if self.is_sum else direction(next(iter(self.weights)))

    @property
    def name(self) -> str:
        """What to call it."""
        if not self.is_sum:
            return next(iter(self.weights))
        terms = (
            f"{'+' if direction(name) == 'max' else '-'} {weight:g} {name}" for name, weight in self.weights.items()
        )
        return " ".join(terms).removeprefix("+ ")

    @property
    def macro_f1(self) -> bool:
        """Whether the macro-F1 is to be logged."""
        return MACRO_F1 in self.weights

    def is_logged_by(self, phase: Phase) -> bool:
        """Whether a phase logs all of it: what is said of a head is, where the head is trained."""
        return all(head in phase.heads for head in HEADS for name in self.weights if name.startswith(f"val_{head}_"))

    def better(self, one: float, other: float) -> bool:
        """Tell whether one value is strictly better than another."""
        return one > other if self.direction == "max" else one < other

    def course(self, history: History) -> np.ndarray:
        """Return the value in each epoch, float (epochs,), NaN in those of a phase that does not log all of it."""
        missing = np.full(len(history), np.nan)
        columns = {name: history.columns.get(name, missing) for name in self.weights}
        if not self.is_sum:
            return next(iter(columns.values()))
        signed = [(1 if direction(name) == "max" else -1) * self.weights[name] * columns[name] for name in columns]
        return np.sum(signed, axis=0)

    def running_best(self, course: np.ndarray) -> np.ndarray:
        """Return the best value up to each epoch, NaN before the first."""
        best = np.fmax if self.direction == "max" else np.fmin
        return best.accumulate(course)

    def kept_epoch(self, history: History, recipe: Recipe) -> int | None:
        """Return the place of the epoch that speaks for a run, of those that have a value; None where none has.

        It is in the last phase that has values: the epoch whose weights the run goes on with, the best monitored one
        where the phase ends with that, else the last.
        """
        course = self.course(history)
        groups = [list(rows) for _, rows in groupby(range(len(history)), key=lambda row: history.phases[row])]
        rows = next(([row for row in group if np.isfinite(course[row])] for group in groups[::-1]
                     if np.isfinite(course[group]).any()), [])  # fmt: skip
        if not rows:
            return None
        phase = recipe.phases[recipe.phase_names.index(history.phases[rows[0]])]
        watched = monitor(phase)
        if not phase.restore_best or watched not in history.columns:
            return rows[-1]
        if watched in ("loss", "val_loss"):  # under other weights it is another loss, and the best is looked for anew
            learned = [f"{head}_weight" for head in HEADS] if phase.balance == "uncertainty" else []
            logged = [
                values
                for name, values in history.columns.items()
                if name.endswith("_weight") and name not in learned  # these are part of what is trained
            ]
            weights = [values for values in logged if np.isfinite(values[rows[-1]])]
            alike = takewhile(lambda row: all(one[row] == one[rows[-1]] for one in weights), rows[::-1])
            rows = list(alike)[::-1]
        sign = -1.0 if direction(watched) == "max" else 1.0
        loss = history.columns[tie_break(watched, history.columns)]
        value = history.columns[watched]
        return min(rows, key=lambda row: (finite_or_worst(float(sign * value[row])), finite_or_worst(float(loss[row]))))


def objective_of(recipe: Recipe) -> Objective:
    """Return the objective of a recipe's search: validation accuracy if it names none, or reconstruction loss.

    Raises:
        RequestError: a name that the recipe's training does not log.
    """
    heads = recipe.heads
    known = [
        *(["val_label_accuracy", MACRO_F1, "val_label_loss"] if "label" in heads else []),
        *(["val_reconstruction_loss"] if "reconstruction" in heads else []),
        *(["val_kl_divergence"] if recipe.model.variational is not None else []),
        "val_loss",
    ]
    asked = recipe.search.objective if recipe.search is not None else None
    if asked is None:
        asked = known[0]
    weights = {asked: 1.0} if isinstance(asked, str) else asked
    found = {}
    for name, weight in weights.items():
        full = SHORT.get(name.removeprefix("val_"), name.removeprefix("val_"))
        if f"val_{full}" not in known:
            raise RequestError(
                "search.objective",
                expected=f"{', '.join(known)}, or a table of weights of some of them",
                received=f"{name!r}.{nearest(name, known)}",
            )
        if f"val_{full}" in found:
            raise RequestError(
                "search.objective", expected="every value once", received=f"val_{full} twice", fix="add the weights"
            )
        found[f"val_{full}"] = weight
    objective = Objective(found if len(found) > 1 else dict.fromkeys(found, 1.0))
    if not any(objective.is_logged_by(phase) for phase in recipe.phases):
        raise RequestError(
            "search.objective",
            expected="values that one phase logs together",
            received=f"{', '.join(objective.weights)}",
            fix="choose one of them, or train both heads in a phase",
        )
    return objective
