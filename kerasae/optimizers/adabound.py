"""AdaBound: starts as Adam and ends as SGD."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasae")
class AdaBound(keras.optimizers.Optimizer):
    """Adam with a step size for each weight between bounds that converge to one rate.

    Luo, Xiong, Liu and Sun, 2019, arXiv 1902.09843, algorithm 2, with Adam's bias correction as in the authors'
    experiments. At step t the step size is clipped to `final_rate * (1 - 1 / (gamma t + 1))` and
    `final_rate * (1 + 1 / (gamma t))`; both follow the schedule of the learning rate.

    Args:
        learning_rate: the initial rate, a number or a Keras schedule.
        final_rate: the rate that the bounds converge to.
        beta_1: decay of the mean of gradients, in [0, 1).
        beta_2: decay of the mean of squared gradients, in [0, 1).
        gamma: how fast the bounds converge, in (0, 1).
        epsilon: added to the root of the squared gradients.
        base_rate: the rate that `final_rate` refers to; the initial rate if None.
        **kwargs: as of `keras.optimizers.Optimizer`.

    Raises:
        ValueError: a rate, decay or speed out of its range.
    """

    def __init__(
        self,
        learning_rate: Any = 1e-3,
        final_rate: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        gamma: float = 1e-3,
        epsilon: float = 1e-8,
        base_rate: float | None = None,
        name: str = "adabound",
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        for option, value, fits in (
            ("final_rate", final_rate, final_rate > 0),
            ("beta_1", beta_1, 0 <= beta_1 < 1),
            ("beta_2", beta_2, 0 <= beta_2 < 1),
            ("gamma", gamma, 0 < gamma < 1),
            ("epsilon", epsilon, epsilon > 0),
            ("base_rate", base_rate, base_rate is None or base_rate > 0),
        ):
            if not fits:
                raise ValueError(f"{option}: expected a number in AdaBound's range. Received: {value!r}")
        self.final_rate = final_rate
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.gamma = gamma
        self.epsilon = epsilon
        # The bounds scale with the scheduled rate over the initial rate.
        scheduled = isinstance(learning_rate, keras.optimizers.schedules.LearningRateSchedule)
        first = float(ops.convert_to_numpy(learning_rate(0)) if scheduled else learning_rate)
        self.base_rate = base_rate or first or 1.0

    def build(self, variables: list[Any]) -> None:
        """Create both moments of every variable."""
        if self.built:
            return
        super().build(variables)
        self._means = [self.add_variable_from_reference(variable, name="mean") for variable in variables]
        self._squares = [self.add_variable_from_reference(variable, name="square") for variable in variables]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update a variable."""
        dtype = variable.dtype
        rate, gradient = ops.cast(learning_rate, dtype), ops.cast(gradient, dtype)
        step = ops.cast(self.iterations + 1, dtype)
        index = self._get_variable_index(variable)
        mean, square = self._means[index], self._squares[index]
        self.assign(mean, mean + (gradient - mean) * (1 - self.beta_1))
        self.assign(square, square + (ops.square(gradient) - square) * (1 - self.beta_2))
        correction = ops.sqrt(1 - ops.power(ops.cast(self.beta_2, dtype), step))
        correction = correction / (1 - ops.power(ops.cast(self.beta_1, dtype), step))
        final = self.final_rate * rate / self.base_rate
        lower = final * (1 - 1 / (self.gamma * step + 1))
        upper = final * (1 + 1 / (self.gamma * step))
        size = ops.clip(rate * correction / (ops.sqrt(square) + self.epsilon), lower, upper)
        self.assign_sub(variable, size * mean)

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {
            **super().get_config(),
            "final_rate": self.final_rate,
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "gamma": self.gamma,
            "epsilon": self.epsilon,
            "base_rate": self.base_rate,
        }
