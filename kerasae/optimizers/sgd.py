"""SGD with a higher learning rate for the offsets of normalization layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras


@keras.saving.register_keras_serializable("kerasae")
class SGD(keras.optimizers.SGD):
    """A `keras.optimizers.SGD` with a separate learning rate for the offsets (`beta`) of normalization layers.

    An offset sets the threshold of the activation after it. Its gradient is small compared with those of kernels, and
    at their rate it hardly changes in a short training; Page ("How to train your ResNet 8", 2019) and Jordan (arXiv
    2404.00498, section 3.4) train it at 64 times the rate.

    Args:
        learning_rate: the rate of all other variables, a number or a Keras schedule.
        momentum: the share of the previous step that the next step keeps, in [0, 1).
        nesterov: whether to use Nesterov momentum.
        beta_rate: the factor of the rate for variables named "beta", above 0.
        **kwargs: as of `keras.optimizers.SGD`.

    Raises:
        ValueError: `beta_rate` is not above 0.
    """

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        beta_rate: float = 1.0,
        name: str = "SGD",
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, momentum, nesterov, name=name, **kwargs)
        if not beta_rate > 0:
            raise ValueError(f"beta_rate: expected a number above 0. Received: {beta_rate!r}")
        self.beta_rate = beta_rate
        self._factors: list[float] = []

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Create the momenta, and the factor of each variable's rate."""
        super().build(variables)
        self._factors = [self.beta_rate if variable.name == "beta" else 1.0 for variable in variables]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update a variable at its own rate."""
        super().update_step(gradient, variable, learning_rate * self._factors[self._get_variable_index(variable)])

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {**super().get_config(), "beta_rate": self.beta_rate}
