"""A search space as keras-tuner's hyperparameters, and the values that keras-tuner keeps in a trial."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from keras_tuner.engine.hyperparameters import Choice, Float, HyperParameter, HyperParameters, Int
from keras_tuner.src.engine.conditions import Parent  # no public path; nested scopes allow one chain of parents only

from kerasae.experiments.search.parameters import ROUNDING, Parameter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from keras_tuner.engine.trial import Trial

    from kerasae.experiments.search.space import Space

NOTE = "tuner/"  # begins the names under which Hyperband keeps notes among a trial's values


def hyperparameters(space: Space) -> HyperParameters:
    """Return a space as keras-tuner's hyperparameters, in the same order."""
    result = HyperParameters()
    result.merge([_hyperparameter(parameter, space) for parameter in space.parameters])
    return result


def _hyperparameter(parameter: Parameter, space: Space) -> HyperParameter:
    conditions = []
    for name, values in parameter.conditions:
        parent = space.named[name]
        encoded = parent.encoded_choices
        allowed = [encoded[parent.choices.index(value)] if parent.choices else value for value in values]
        conditions.append(Parent(name, allowed))
    if parameter.kind == "choice":
        return Choice(parameter.name, parameter.encoded_choices, conditions=conditions)
    kind = Int if parameter.kind == "int" else Float
    # Without slack keras-tuner leaves out an end of the range that linear steps miss by a rounding error.
    has_linear_steps = parameter.kind == "float" and parameter.step and not parameter.log
    slack = ROUNDING * (parameter.step or 0) if has_linear_steps else 0
    sampling = "log" if parameter.log else "linear"
    high = parameter.high + slack
    return kind(parameter.name, parameter.low, high, parameter.step, sampling, conditions=conditions)


def drawn_values(trial: Trial, space: Space | None = None) -> dict[str, Any]:
    """Return the values that were drawn for a trial, without Hyperband's notes; decoded if a space is given."""
    values = {name: value for name, value in trial.hyperparameters.values.items() if not name.startswith(NOTE)}
    return values if space is None else {name: space.named[name].decode(value) for name, value in values.items()}


def notes(trial: Trial) -> dict[str, Any]:
    """Return Hyperband's notes on a trial."""
    return {name: value for name, value in trial.hyperparameters.values.items() if name.startswith(NOTE)}


def to_unit_cube(space: HyperParameters, values: Mapping[str, Any]) -> np.ndarray:
    """Return values as a point in [0, 1]^d, float (d,); an inactive parameter is at its default."""
    return np.array([_share(item, values.get(item.name, item.default)) for item in space.space], float)


def from_unit_cube(space: HyperParameters, point: Sequence[float] | np.ndarray) -> dict[str, Any]:
    """Return the values of the active parameters at a point in [0, 1)^d."""
    active = HyperParameters()
    for item, share in zip(space.space, point, strict=True):
        active.merge([item])
        if active.is_active(item):
            active.values[item.name] = item.prob_to_value(share)
    values: dict[str, Any] = active.values
    return values


def _share(item: HyperParameter, value: Any) -> float:
    """Return where a value is in the range of a hyperparameter, from 0 to 1."""
    if isinstance(item, Float) and item.step and item.sampling == "linear":
        # keras-tuner divides without rounding: with steps of 0.1, 0.4 and 0.5 would be one point.
        index = round((value - item.min_value) / item.step)
        return (index + 0.5) / sum(1 for _ in item.values)
    return float(item.value_to_prob(value))
